"""Makes bench/results/compare.md, the plots, and a part of docs/performance.md of bench/results/compare.json."""
import json
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench/results"
PAGE = ROOT / "docs/performance.md"
BEGIN, END = "<!-- from bench/results/compare.json -->\n", "<!-- to here -->\n"
GIGA = 1e9
MEBI = 1 << 20
REPEAT = "./do bench compare"


def table(columns, rows):
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows]) + "\n"


class Result:
    def __init__(self, data):
        self.data = data
        self.rows = {(row["workload"], row["server"]): row for row in data["rows"]}
        self.servers = data["servers"]
        self.workloads = {name: w for name, w in data["workloads"].items()
                          if any(row["workload"] == name for row in data["rows"])}

    def find(self, workload, server):
        return self.rows.get((workload, server))

    def of(self, workload):
        return [(server, row) for server in self.servers if (row := self.find(workload, server))]

    def named(self, server):
        return [self.servers[server]["title"], self.servers[server]["policy"]]


def rate(row):
    """MB/s; where a consumer catches up, the consumer's."""
    if "consumed" in row:
        return row["consumed"] / row["consumed_seconds"] / 1e6
    return row["bytes"] / row["seconds"] / 1e6 if row["seconds"] else 0


def cpu(row):
    """CPU seconds of the broker for each GB."""
    return row["cpu_seconds"] / (row["bytes"] / GIGA) if row["bytes"] else float("nan")


def short(number):
    return f"{number:,.0f}" if number >= 100 else f"{number:.1f}" if number >= 10 else f"{number:.2f}"


def ms(row, name):
    return short(row[name]) if name in row else ""


# The whole of it: a table a workload.

def load_table(result, workload):
    columns = ["server", "an acknowledgement means", "MB/s", "CPU s per GB", "ms, 50 %", "99 %", "99.9 %", "most",
               "resident MiB", "errors"]
    rows = [[*result.named(server), short(rate(row)), short(cpu(row)), *(ms(row, f"ms_{p}") for p in (50, 99, 999)),
             ms(row, "ms_max"), f"{row['rss'] / MEBI:,.0f}", troubles(row)] for server, row in result.of(workload)]
    return table(columns, rows)


def troubles(row):
    late = f"{row['late']:,.0f} never sent" if row.get("late") else ""
    return ", ".join(filter(None, [f"{row['errors']:,.0f}" if row["errors"] else "", late]))


def node_table(result):
    columns = ["server", "start to first answer", "resident, idle", "to make {:,} partitions", "resident with them",
               "CPU with them, idle", "start with them"]
    found = result.of("node")
    columns[3] = columns[3].format(found[0][1]["partitions"])
    return table(columns, [
        [result.named(server)[0], f"{row['start_seconds'] * 1000:,.0f} ms", f"{row['idle'] / MEBI:,.0f} MiB",
         f"{row['create_seconds']:.1f} s", f"{row['idle_with_partitions'] / MEBI:,.0f} MiB",
         f"{row['idle_cpu_share'] * 100:.1f} %", f"{row['restart_seconds']:.2f} s"] for server, row in found])


def text(result):
    """Every row, as Markdown."""
    result = Result(result)
    parts = []
    for name, workload in result.workloads.items():
        by = f" ({workload['generator']})" if workload["generator"] else ""
        parts.append(f"### {name}: {workload['title']}{by}\n\n" +
                     (node_table(result) if name == "node" else load_table(result, name)))
    return "\n".join(parts)


# What matters most of it, for docs/performance.md.

def to_reach(result):
    rows = []

    def above_floor(what, workload):
        ours, kafka, floor = (result.find(workload, s) for s in ("thalweg-relaxed", "kafka", "floor"))
        if ours and kafka and floor:
            numbers = [what, *(f"{cpu(row):.2f}" for row in (floor, ours, kafka))]
            above = cpu(kafka) - cpu(floor)
            if above < 0.2 * cpu(floor):  # A share of nearly nothing says nothing.
                rows.append([*numbers, "", 0.25, "**not shown**: Apache Kafka is at the floor"])
                return
            share = (cpu(ours) - cpu(floor)) / above
            rows.append([*numbers, f"{share:.2f}", 0.25, verdict(share, 0.25)])

    def ratio(what, workload, ours_of, kafka_of, get, show, limit):
        ours, kafka = result.find(workload, ours_of), result.find(workload, kafka_of)
        if ours and kafka:
            share = get(ours) / get(kafka)
            rows.append([what, "", show(get(ours)), show(get(kafka)), f"{share:.3f}" if share < 0.1 else f"{share:.2f}",
                         limit, verdict(share, limit)])

    above_floor("broker CPU s per GB produced, page cache", "produce-1k")
    above_floor("broker CPU s per GB fetched", "fetch")
    millis = "{:.2f} ms".format
    for what, ours, kafka in (("page cache", "thalweg-relaxed", "kafka"), ("synced", "thalweg", "kafka-synced"),
                              ("defaults: we sync, Kafka does not", "thalweg", "kafka")):
        for generator in ("", "-librdkafka"):
            by = f"{generator.strip('-') or 'raw sockets'}; {what}"
            ratio(f"99 % of latencies at 10,000 records/s ({by})", "latency" + generator, ours, kafka,
                  lambda row: row["ms_99"], millis, 0.3)
    mebi = lambda size: f"{size / MEBI:,.0f} MiB"  # noqa: E731
    ratio("resident memory, idle", "node", "thalweg", "kafka", lambda row: row["idle"], mebi, 0.1)
    ratio("start to first answer", "node", "thalweg", "kafka", lambda row: row["start_seconds"] * 1000,
          "{:,.0f} ms".format, 0.1)
    return table(["what", "floor", "Thalweg", "Apache Kafka", "ratio", "to reach", "holds"], rows)


def verdict(share, limit):
    return "yes" if share <= limit else "**no**"


def matrix(result, workloads, cell):
    servers = [s for s in result.servers if any(result.find(w, s) for w in workloads)]
    heads = [f"{result.servers[s]['title']}, {result.servers[s]['policy']}" for s in servers]
    rows = []
    for name in workloads:
        workload = result.workloads[name]
        cells = [cell(row) if (row := result.find(name, s)) else "" for s in servers]
        rows.append([f"{workload['title']} ({workload['generator']})", *cells])
    return table(["load", *heads], rows)


def section(result):
    machine = result.data["machine"]
    produce = [w for w in result.workloads if w.startswith(("produce", "keyed"))]
    fetch = [w for w in result.workloads if w.startswith(("fetch", "consume"))]
    latency = [w for w in result.workloads if w.startswith("latency")]
    both = lambda row: f"{short(rate(row))} · {short(cpu(row))}"  # noqa: E731
    times = lambda row: f"{ms(row, 'ms_50')} · {ms(row, 'ms_99')} · {ms(row, 'ms_999')}"  # noqa: E731
    return "\n".join([
        f"Measured on {result.data['when']} at {machine['commit']}: {machine['cores']} cores ({machine['cpu']}), "
        f"{machine['memory_gib']} GiB, Linux {machine['kernel']}; {result.data['seconds']:g} s each. "
        f"Generators and broker share the cores. Every row: [compare.md](../bench/results/compare.md); the numbers "
        f"as they were taken: [compare.json](../bench/results/compare.json).\n",
        "#### To reach\n", to_reach(result),
        "#### A node by itself\n", node_table(result), "![memory and start](../bench/results/node.svg)\n",
        "#### Latency at a fixed rate\n\nMilliseconds: median · 99 % · 99.9 %, counted from when a record was due "
        "(Kafka's own tool: from when it was sent, in whole milliseconds).\n",
        matrix(result, latency, times), "![latency](../bench/results/latency.svg)\n",
        "#### Produce\n\nMB/s · broker CPU s per GB.\n", matrix(result, produce, both),
        "![CPU to produce](../bench/results/cpu.svg)\n", "![rates](../bench/results/rate.svg)\n",
        "#### Fetch\n\nMB/s · broker CPU s per GB.\n", matrix(result, fetch, both),
        f"#### Catching up\n\nOf {result.workloads['catch-up']['title']}. MB/s is the consumer's, the latencies are "
        "the producers'.\n", load_table(result, "catch-up")])


# Plots.

COLOURS = {"floor": "#9e9e9e", "floor-synced": "#616161", "thalweg-relaxed": "#4fc3f7", "thalweg": "#01579b",
           "kafka": "#ffb74d", "kafka-tuned": "#f57c00", "kafka-synced": "#bf360c"}


def label(result, server):
    return ", ".join(result.named(server))


def bars(result, workloads, value, axis, path, log=False):
    from matplotlib import pyplot
    servers = [s for s in result.servers if any(result.find(w, s) for w in workloads)]
    figure, axes = pyplot.subplots(figsize=(10, 0.5 + 0.17 * len(servers) * len(workloads)))
    height = 0.85 / len(servers)
    for i, server in enumerate(servers):
        found = [(w, row) for w, name in enumerate(workloads) if (row := result.find(name, server))]
        axes.barh([w + i * height for w, _ in found], [value(row) for _, row in found], height,
                  color=COLOURS[server], label=label(result, server))
    axes.set_yticks([w + 0.4 for w in range(len(workloads))], workloads)
    axes.invert_yaxis()
    if log:
        axes.set_xscale("log")
    finish(figure, axes, axis, path)


def lines(result, workload, path):
    from matplotlib import pyplot
    figure, axes = pyplot.subplots(figsize=(10, 4.5))
    points = ["ms_50", "ms_90", "ms_99", "ms_999", "ms_max"]
    for server, row in result.of(workload):
        axes.plot(["50 %", "90 %", "99 %", "99.9 %", "most"], [row[p] for p in points], marker="o",
                  color=COLOURS[server], label=label(result, server))
    axes.set_yscale("log")
    axes.set_ylabel("ms from when a record was due")
    finish(figure, axes, result.workloads[workload]["title"], path)


def finish(figure, axes, axis, path):
    axes.set_xlabel(axis)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    figure.tight_layout()
    fresh = path.with_suffix(".fresh")
    figure.savefig(fresh, format="svg", metadata={"Date": None})
    os.replace(fresh, path)


def plots(result):
    import matplotlib
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "thalweg"
    produce = [w for w in result.workloads if w.startswith(("produce", "keyed")) and "java" not in w]
    bars(result, produce + ["fetch"], cpu, "broker CPU seconds for each GB", RESULTS / "cpu.svg", log=True)
    bars(result, produce, rate, "MB/s", RESULTS / "rate.svg")
    lines(result, "latency", RESULTS / "latency.svg")
    node_plot(result, RESULTS / "node.svg")


def node_plot(result, path):
    from matplotlib import pyplot
    found = result.of("node")
    figure, pair = pyplot.subplots(1, 2, figsize=(10, 2.2))
    for axes, axis, value in ((pair[0], "MiB resident, idle", lambda row: row["idle"] / MEBI),
                              (pair[1], "ms from start to first answer", lambda row: row["start_seconds"] * 1000)):
        axes.barh([result.named(s)[0] for s, _ in found], [value(row) for _, row in found],
                  color=[COLOURS[s] for s, _ in found])
        axes.set_xlabel(axis)
        axes.set_xscale("log")
        axes.set_xlim(left=1)
        axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, format="svg", metadata={"Date": None})


def write_whole(path, content):
    """A file is as it was or as it is to be, whenever this is interrupted."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".fresh")
    fresh.write_text(content)
    os.replace(fresh, path)


def main():
    source = RESULTS / "compare.json"
    if not source.exists():
        sys.exit(f"bench: there is no {source.relative_to(ROOT)} yet: {REPEAT} makes it")
    data = json.loads(source.read_text())
    result = Result(data)
    plots(result)
    heading = f"# Thalweg, Apache Kafka and the floor\n\nMade by `{REPEAT}`.\n\n"
    write_whole(RESULTS / "compare.md", heading + text(data))
    page = PAGE.read_text()
    if BEGIN not in page or END not in page:
        sys.exit(f"bench: {PAGE.relative_to(ROOT)} has no lines {BEGIN.strip()} and {END.strip()} to write between")
    before, rest = page.split(BEGIN)
    write_whole(PAGE, before + BEGIN + "\n" + section(result) + "\n" + END + rest.split(END)[1])


if __name__ == "__main__":
    main()
