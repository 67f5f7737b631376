"""Every figure that can be measured: how it is shown, and which way is better."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """How to show one figure."""

    key: str
    title: str
    unit: str
    more_is_better: bool


def _more(key: str, title: str, unit: str) -> Figure:
    return Figure(key, title, unit, True)


def _less(key: str, title: str, unit: str) -> Figure:
    return Figure(key, title, unit, False)


FIGURES = (
    _more("tcp_up_gbit", "TCP up", "Gbit/s"),
    _more("tcp_down_gbit", "TCP down", "Gbit/s"),
    _more("tcp8_up_gbit", "TCP up, 8 streams", "Gbit/s"),
    _more("tcp8_down_gbit", "TCP down, 8 streams", "Gbit/s"),
    _more("udp64_kpps", "UDP 64 B, loss < 1 %", "kpps"),
    _more("udp512_kpps", "UDP 512 B, loss < 1 %", "kpps"),
    _more("udp1400_kpps", "UDP 1400 B, loss < 1 %", "kpps"),
    _more("rr_tcp_per_s", "requests of 1 byte, TCP", "1/s"),
    _less("rr_tcp_p99_us", "requests of 1 byte, TCP, p99", "us"),
    _more("rr_udp_per_s", "requests of 1 byte, UDP", "1/s"),
    _less("rr_udp_p99_us", "requests of 1 byte, UDP, p99", "us"),
    _less("ping_idle_p50_ms", "ping idle, median", "ms"),
    _less("ping_idle_p99_ms", "ping idle, p99", "ms"),
    _less("ping_upload_p50_ms", "ping under up-load, median", "ms"),
    _less("ping_upload_p99_ms", "ping under up-load, p99", "ms"),
    _less("ping_download_p50_ms", "ping under down-load, median", "ms"),
    _less("ping_download_p99_ms", "ping under down-load, p99", "ms"),
    _more("shaped_up_mbit", "TCP up at 20 Mbit/s", "Mbit/s"),
    _less("shaped_up_above_ms", "ping p99 under it, above idle", "ms"),
    _more("shaped_down_mbit", "TCP down at 20 Mbit/s", "Mbit/s"),
    _less("shaped_down_above_ms", "ping p99 under it, above idle", "ms"),
    _less("impaired_ping_p50_ms", "ping at 30 ms and 1 % loss, median", "ms"),
    _less("impaired_ping_p99_ms", "ping at 30 ms and 1 % loss, p99", "ms"),
    _less("impaired_ping_lost_percent", "ping at 30 ms and 1 % loss, lost", "%"),
    _more("impaired_tcp_up_mbit", "TCP up at 30 ms and 1 % loss", "Mbit/s"),
    _less("cpu_both_up_s_per_gb", "CPU both ends, up", "s/GB"),
    _less("cpu_both_down_s_per_gb", "CPU both ends, down", "s/GB"),
    _less("cpu_client_up_s_per_gb", "CPU client end, up", "s/GB"),
    _less("cpu_server_up_s_per_gb", "CPU server end, up", "s/GB"),
    _less("cpu_client_down_s_per_gb", "CPU client end, down", "s/GB"),
    _less("cpu_server_down_s_per_gb", "CPU server end, down", "s/GB"),
    _less("cpu_client_up_cores", "CPU client end, up", "cores"),
    _less("cpu_server_up_cores", "CPU server end, up", "cores"),
    _less("cpu_client_down_cores", "CPU client end, down", "cores"),
    _less("cpu_server_down_cores", "CPU server end, down", "cores"),
    _more("fanout2_kframes_per_cpu_s", "fan-out, 2 sessions, 512 B", "1000 frames/CPU s"),
    _more("fanout20_kframes_per_cpu_s", "fan-out, 20 sessions, 512 B", "1000 frames/CPU s"),
    _more("fanout200_kframes_per_cpu_s", "fan-out, 200 sessions, 512 B", "1000 frames/CPU s"),
    _more("fanout2_kframes_per_s", "fan-out, 2 sessions, 512 B", "1000 frames/s"),
    _more("fanout20_kframes_per_s", "fan-out, 20 sessions, 512 B", "1000 frames/s"),
    _more("fanout200_kframes_per_s", "fan-out, 200 sessions, 512 B", "1000 frames/s"),
    _more("idle_sessions", "idle sessions reached", ""),
    _less("memory_rss_kib", "memory of an idle session, resident", "KiB"),
    _less("memory_pss_kib", "memory of an idle session, proportional", "KiB"),
    _less("memory_after_flood_kib", "memory of one of 200 sessions after a flood", "KiB"),
    _more("logins_per_s", "log-ins", "1/s"),
    _more("logins_per_cpu_s", "log-ins for each server CPU second", "1/s"),
    _less("login_p99_ms", "log-in under storm, p99", "ms"),
    _less("storm_ping_above_ms", "others' ping p99 above before, full storm", "ms"),
    _more("logins_at_200_per_s", "log-ins, paced", "1/s"),
    _less("storm200_ping_above_ms", "others' ping p99 above before, 200 log-ins/s", "ms"),
    _more("admin_calls_per_s", "administration calls, one after the other", "1/s"),
    _less("admin_p99_us", "administration call, p99", "us"),
    _more("admin_at_100_per_s", "administration calls, paced", "1/s"),
    _less("admin_at_100_p99_us", "administration call among 100 a second, p99", "us"),
    _less("admin_ping_above_ms", "others' ping p99 above before, 100 calls/s", "ms"),
    _more("cores_one_mframes_per_s", "1 worker, in process", "1000000 frames/s"),
    _more("cores_ratio", "2 workers against 1, half of the frames cross", "x"),
    _more("cores_apart_ratio", "2 workers against 1, no frame crosses", "x"),
    _less("cores_locks_a_frame", "locks a frame", ""),
    _less("cores_crossings_a_frame", "messages between workers a frame", ""),
)
