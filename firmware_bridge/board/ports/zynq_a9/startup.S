/* Start of a Cortex-A9 in supervisor mode: vectors, stacks, FPU, memory (Arm v7-A Architecture Reference Manual, B1). */
    .syntax unified
    .cpu cortex-a9
    .fpu vfpv3
    .arm
    .section .vectors, "ax"
    .balign 32
vectors:
    b reset_handler
    b fault
    b fault
    b fault
    b fault
    b fault
    b irq
    b fault

    .global reset_handler
    .type reset_handler, %function
reset_handler:
    cpsid if, #0x12                 /* IRQ mode */
    ldr sp, =link_irq_stack_top
    cpsid if, #0x13                 /* supervisor mode */
    ldr sp, =link_stack_top
    ldr r0, =vectors
    mcr p15, 0, r0, c12, c0, 0      /* VBAR */
    mrc p15, 0, r0, c1, c0, 2       /* CPACR: full access to CP10 and CP11 */
    orr r0, r0, #0xF00000
    mcr p15, 0, r0, c1, c0, 2
    isb
    mov r0, #0x40000000             /* FPEXC.EN */
    vmsr fpexc, r0
    mov r0, #0                      /* FPSCR: to nearest, subnormals kept */
    vmsr fpscr, r0
    ldr r0, =link_stack_limit
    ldr r2, =0xC5C5C5C5
1:  cmp r0, sp
    strlo r2, [r0], #4
    blo 1b
    ldr r0, =link_bss
    ldr r1, =link_bss_end
    mov r2, #0
2:  cmp r0, r1
    strlo r2, [r0], #4
    blo 2b
    ldr r0, =link_data
    ldr r1, =link_data_end
    ldr r2, =link_data_load
3:  cmp r0, r1
    ldrlo r3, [r2], #4
    strlo r3, [r0], #4
    blo 3b
    b start

/* The handler is compiled without FPU registers; the core's own are left alone. */
irq:
    sub lr, lr, #4
    push {r0-r3, r12, lr}
    bl irq_handler
    ldm sp!, {r0-r3, r12, pc}^

fault:
    cpsid if, #0x13
    ldr sp, =link_stack_top
    b fault_handler
