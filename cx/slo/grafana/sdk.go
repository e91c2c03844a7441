package grafana

import "cairncx.dev/cairn/cx/telemetry/semconv"

// sdk returns the rows about Cairn itself.
func (g *generator) sdk() []row {
	m := &g.metrics
	fault, component, version := label(semconv.ErrorTypeKey), label(semconv.ComponentNameKey), label(semconv.SDKVersionKey)
	failed := matcher{fault, "!=", ""}
	parts := "{{" + component + "}}"
	return []row{
		{title: "Clients and what they refused", panels: []panel{
			{
				title: "Clients that run", about: "Running clients. Without one, no number on any dashboard changes.", unit: plain, width: quarter, height: high,
				steps: []step{{0, red}, {1, green}}, none: "none reports", queries: []query{{expr: by(g.of(m.info))}},
			},
			{
				kind: bars, title: "Clients by version", unit: plain, width: quarter, height: high,
				none: "none reports", queries: []query{{expr: by(g.of(m.info), version), legend: "{{" + version + "}}"}},
			},
			{
				kind: bars, title: "Faults", about: "Input that Cairn corrected, ignored or dropped, and failures of its parts, also the first one of each process. " +
					"docs/operate.md of Cairn says what each means and what to do.", unit: plain, width: half, height: high, steps: []step{{0, green}, {1, yellow}},
				queries: []query{{expr: g.orNone(by(counted(g.of(m.faults)), fault)+" > 0", fault), legend: "{{" + fault + "}}"}},
			},
		}},
		{title: "Delivery to sinks", panels: []panel{
			{
				kind: lines, title: "Queues", about: "How full each queue is. A full one drops events.", unit: shares, width: third, height: high, most: 1,
				none:    "no exporter",
				queries: []query{{expr: by(g.of(m.queueSize), component) + " / " + by(g.of(m.queueCapacity), component), legend: parts}},
			},
			{
				kind: lines, title: "Exports an hour", about: "Events whose export is over. A failed one has its reason.", unit: plain, width: third, height: high, stacked: true,
				none: "no exporter", queries: []query{{expr: by(hourly(g.of(m.exported)), component, fault), legend: parts + " {{" + fault + "}}"}},
			},
			{
				kind: bars, title: "Dropped", about: "Events that a component gave up. They are lost, except the reasons permanent and filtered.", unit: plain, width: third, height: high,
				steps: []step{{0, green}, {1, red}}, none: "no exporter",
				queries: []query{{expr: by(increase(g.of(m.dropped)), component, fault), legend: parts + " {{" + fault + "}}"}},
			},
			{
				kind: lines, title: "Nine of ten exports took at most", unit: seconds, width: third, height: high, none: "no exporter",
				queries: []query{{expr: "histogram_quantile(0.9, " + by("rate("+g.of(m.exportDuration+bucket)+"["+brief+"])", "le", component) + ")", legend: parts}},
			},
			{
				kind: lines, title: "In flight", about: "Events that a sink has been given and has not answered for.", unit: plain, width: third, height: high, none: "no exporter",
				queries: []query{{expr: by(g.of(m.inflight), component), legend: parts}},
			},
			{
				kind: bars, title: "Failed events", about: "Events that a component processed without success, in the time shown.", unit: plain, width: third, height: high,
				steps:   []step{{0, green}, {1, yellow}},
				queries: []query{{expr: g.orNone(by(counted(g.of(m.processed, failed)), component, fault)+" > 0", fault), legend: parts + " {{" + fault + "}}"}},
			},
			{
				kind: bars, title: "Spools", about: "How full each spool is. A full one drops events.", unit: shares, width: third, height: high, most: 1, none: "no spool",
				queries: []query{{expr: by(g.of(m.spoolUsage), component) + " / " + by(g.of(m.spoolLimit), component), legend: parts}},
			},
		}},
	}
}
