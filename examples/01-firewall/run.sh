#!/bin/sh
# From a spec to proven keys to a parallel firewall with the verdicts of the sequential one. Run from anywhere.
set -eu
cd "$(dirname "$0")"
bin=$PWD/../../.venv/bin
[ -x "$bin/rssc" ] && PATH=$bin:$PATH
[ -t 1 ] && bold=$(printf '\033[1m') && plain=$(printf '\033[0m') || { bold= plain=; }
step() { printf '\n%s$ %s%s\n' "$bold" "$*" "$plain"; "$@"; }
say() { printf '\n%s\n' "$*"; }

say "== The spec"
cat fw.rss
say "== Keys, and the proof that they do what the spec requires"
step rssc solve fw.rss
say "== What the requirement leaves of the keys"
step rssc explain fw.rss
say "== NIC configuration and a shared-nothing firewall in C"
step rssc synth fw.rss --target ethtool --out out/ethtool
step rssc synth fw.rss --target dpdk --out out/dpdk
rssc synth fw.rss --target nf --out out/nf >/dev/null
step make --silent -C out/nf firewall-replay
say "== Four minutes of traffic, both directions"
step python traffic.py out
say "== How it spreads over the queues"
step rssc eval fw.rss --pcap LAN=out/lan.pcap --pcap WAN=out/wan.pcap
say "== The sequential firewall, and the parallel one on 1, 2, 4 and 16 cores"
replay="out/nf/firewall-replay LAN=out/lan.pcap WAN=out/wan.pcap"
step $replay --sequential -o out/sequential.txt
for cores in 1 2 4 16; do
    $replay --cores $cores -o out/cores-$cores.txt 2>/dev/null
    cmp out/sequential.txt out/cores-$cores.txt
    echo "$cores cores: all $(wc -l <out/sequential.txt) verdicts are those of the sequential firewall"
done
say "== The same with the Microsoft default key on both ports"
microsoft=6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa
printf 'LAN=%s\nWAN=%s\n' $microsoft $microsoft >out/microsoft.keys
code=0; step rssc verify fw.rss --keys out/microsoft.keys || code=$?
[ $code = 4 ]
for cores in 2 4 16; do
    $replay --cores $cores --key LAN=$microsoft --key WAN=$microsoft -o out/microsoft-$cores.txt 2>/dev/null
    differ=$(diff out/sequential.txt out/microsoft-$cores.txt | grep -c '^>' || true)
    echo "$cores cores: $differ verdicts differ from the sequential firewall"
    [ "$differ" -gt 0 ]
done
