"""Real and made traffic: reading captures, hashing them in bulk, counting what each queue gets."""

from rss_solver.traffic.bulkhash import bulk_prepare, bulk_toeplitz
from rss_solver.traffic.containers import read_capture
from rss_solver.traffic.decode import decode
from rss_solver.traffic.evenness import Evenness, evenness
from rss_solver.traffic.frames import Frames
from rss_solver.traffic.load import Load, PortCapture, PortLoad, SplitCapture, evaluate
from rss_solver.traffic.origins import Origin, parse_origin, split_by_prefix
from rss_solver.traffic.packets import CLASSES, Packets
from rss_solver.traffic.pcap_write import write_pcap
from rss_solver.traffic.synthetic import (
    Conversation,
    Endpoint,
    Frame,
    Mix,
    Step,
    conversations,
    frames_of,
    generate,
)

__all__ = [
    "CLASSES",
    "Conversation",
    "Endpoint",
    "Evenness",
    "Frame",
    "Frames",
    "Load",
    "Mix",
    "Origin",
    "Packets",
    "PortCapture",
    "PortLoad",
    "SplitCapture",
    "Step",
    "bulk_prepare",
    "bulk_toeplitz",
    "conversations",
    "decode",
    "evaluate",
    "evenness",
    "frames_of",
    "generate",
    "parse_origin",
    "read_capture",
    "split_by_prefix",
    "write_pcap",
]
