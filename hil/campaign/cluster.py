"""Workers of a dask.distributed cluster, behind the executor that a campaign flies its cases with."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from hil.campaign.journal import CampaignError


@contextmanager
def cluster(address: str, timeout_s: float) -> Iterator[tuple[Executor, int]]:
    """An executor on the workers of the scheduler at `address`, and how many cases keep them busy."""
    try:
        from distributed import Client
    except ImportError:
        raise CampaignError("--dask needs dask.distributed: pip install distributed") from None
    try:
        client = Client(address, timeout=timeout_s, set_as_default=False, name="proxops")
    except (OSError, ValueError, TimeoutError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise CampaignError(f"scheduler {address}: cannot be reached within {timeout_s:g} s: {reason}") from None
    try:
        threads = sum(client.nthreads().values())
        if not threads:
            raise CampaignError(f"scheduler {address}: no worker is connected to it")
        executor = client.get_executor(pure=False)
        try:
            yield executor, 2 * threads
        finally:
            executor.shutdown(wait=False)  # an interrupted campaign does not wait for what is still being flown
    finally:
        client.close(timeout=timeout_s)
