/* A recorded flight, if any, in the program's read-only data. */
    .section .recording, "a", %progbits
    .balign 8
    .global recording, recording_end
recording:
#ifdef RECORDING
    .incbin RECORDING
#endif
recording_end:
    .byte 0
    .section .note.GNU-stack, "", %progbits
