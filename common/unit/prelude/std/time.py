"""time: units have no clock, so that what they compute depends on nothing else."""


def _refused(function):
    def refuse(*args, **keywords):
        raise PermissionError(f"time.{function}: units have no clock")
    return refuse


(time, time_ns, perf_counter, perf_counter_ns, monotonic, monotonic_ns, process_time, process_time_ns,
 thread_time, sleep, ctime, asctime, gmtime, localtime, mktime, strftime, strptime) = [
    _refused(name) for name in ("time time_ns perf_counter perf_counter_ns monotonic monotonic_ns process_time process_time_ns "
    "thread_time sleep ctime asctime gmtime localtime mktime strftime strptime").split()]
