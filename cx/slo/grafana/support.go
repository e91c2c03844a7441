package grafana

import (
	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/telemetry/semconv"
)

// support returns a row for each queue, and two for what is of no queue.
func (g *generator) support() []row {
	if len(g.blueprint.Queues) == 0 {
		return nil
	}
	rows := make([]row, 0, len(g.blueprint.Queues)+2)
	for i, q := range g.blueprint.AllQueues() {
		of := &g.blueprint.Queues[i]
		title := titled(of.Name)
		if of.Description != "" {
			title += ": " + titled(of.Description)
		}
		rows = append(rows, row{title: title, panels: append(g.queueNumbers(of, q.Level), g.queueCourse(of)...)})
	}
	rows = append(rows, row{title: "One matter, from the first contact to the last", panels: g.effortPanels()}, row{title: "Decisions of employees", panels: g.decisions()})
	return fold(rows)
}

// queueNumbers returns the panels with one number. The series of contacts on a channel that the queue declares begin at zero; those on other
// channels do not.
func (g *generator) queueNumbers(q *blueprint.Queue, l assist.Level) []panel {
	m, name := &g.metrics, is(label(semconv.QueueNameKey), q.Name)
	end, result := label(semconv.QueueEndKey), label(semconv.QueueResultKey)
	contacts := func(where ...matcher) string {
		return by(counted(g.of(m.contacts, append([]matcher{name}, where...)...)))
	}
	answered, abandoned := is(end, assist.Answered.String()), is(end, assist.Abandoned.String())
	panels := []panel{
		{title: "In the queue", about: "Contacts that came to the queue in the time shown.", unit: plain, width: sixth, height: low, queries: []query{{expr: contacts()}}},
	}
	if l != (assist.Level{}) {
		panels = append(panels, panel{
			title: "Service level", about: "The share of the contacts that count which were answered within " + q.ServiceLevel.Within.String() + ".", unit: shares, width: sixth, height: low, none: "none counted",
			queries: []query{{expr: contacts(is(result, "good")) + " / (" + contacts(among(result, []string{"good", "bad"})) + " > 0)"}},
		})
	}
	waits := func(suffix metric) string {
		return by(counted(g.of(m.waits+suffix, name, is(label(semconv.WaitKindKey), "queue"), answered)))
	}
	return append(panels,
		panel{
			title: "Abandoned", about: "The share of the contacts that the customer left. A callback is none, and one who leaves at once is in neither number.", unit: shares, width: sixth, height: low, none: "no contact",
			queries: []query{{expr: contacts(abandoned) + " / (" + contacts(isNot(end, "short_abandoned")) + " > 0)"}},
		},
		panel{
			title: "Mean wait of the answered", about: "The average speed of answer, with those who did not wait.", unit: seconds, width: sixth, height: low, none: "none answered",
			queries: []query{{expr: waits(sum) + " / (" + waits(count) + " > 0)"}},
		},
		panel{
			title: "Mean handle time", about: "Talk, hold and the work afterwards, for each contact that an employee answered.", unit: seconds, width: sixth, height: low, none: "none answered",
			queries: []query{{expr: by(counted(g.of(m.handling+sum, name))) + " / (" + by(counted(g.of(m.handling+count, name))) + " > 0)"}},
		},
	)
}

// queueCourse returns the panels about what becomes of contacts.
func (g *generator) queueCourse(q *blueprint.Queue) []panel {
	m, name := &g.metrics, is(label(semconv.QueueNameKey), q.Name)
	end, channel, kind, back := label(semconv.QueueEndKey), label(semconv.ChannelKey), label(semconv.ReplyKindKey), label(semconv.TransferReturnKey)
	queue := is(label(semconv.WaitKindKey), "queue")
	hours := "all"
	if q.Hours != "" {
		hours = "open"
	}
	return []panel{
		{
			kind: lines, title: "Contacts an hour, by end", unit: plain, width: third, height: high, stacked: true,
			queries: []query{{expr: by(hourly(g.of(m.contacts, name)), end), legend: "{{" + end + "}}"}},
		},
		{
			kind: bars, title: "Nine of ten waited at most", about: "By how the wait ended: those who leave do not wait to the end.", unit: seconds, width: third, height: high, none: "no contact",
			queries: []query{{expr: quantile(0.9, g.of(m.waits+bucket, name, queue), end), legend: "{{" + end + "}}"}},
		},
		{
			kind: bars, title: "Contacts by channel", unit: plain, width: third, height: high, none: "no contact",
			queries: []query{{expr: by(counted(g.of(m.contacts, name)), channel) + " > 0", legend: "{{" + channel + "}}"}},
		},
		{
			kind: bars, title: "Nine of ten replies within", about: "The time until an employee replied to a message.", unit: seconds, width: third, height: high, none: "no reply",
			queries: []query{{expr: quantile(0.9, g.of(m.replies+bucket, name, is(label(semconv.ReplyHoursKey), hours)), kind), legend: "{{" + kind + "}}"}},
		},
		{
			kind: bars, title: "Passed on", about: "Transfers from this queue, and whether they went back to one in which the customer had been.", unit: plain, width: third, height: high, none: "none",
			queries: []query{{expr: by(counted(g.of(m.transfers, name)), back) + " > 0", legend: "return {{" + back + "}}"}},
		},
	}
}

// effortPanels returns the panels about matters that took one contact or more.
func (g *generator) effortPanels() []panel {
	m := &g.metrics
	intent, result := label(semconv.IntentKey), label(semconv.EffortResultKey)
	ended := func(where ...matcher) string { return counted(g.of(m.efforts, where...)) }
	once, helped := is(result, "first_contact"), isNot(result, "unanswered")
	return []panel{
		{
			title: "Resolved at the first contact", about: "The share of the matters that one answered contact was enough for, as observed. It is known when the customer has not come again within the window, a week by default.", unit: shares, width: sixth, height: high, none: "none is over",
			queries: []query{{expr: by(ended(once)) + " / (" + by(ended(helped)) + " > 0)"}},
		},
		{
			title: "Coverage", about: "The share of the contacts whose customer and matter are known. The numbers beside it are about these contacts alone.", unit: shares, width: sixth, height: high, none: "no contact",
			queries: []query{{expr: by(counted(g.of(m.effortContacts, is(label(semconv.EffortCoverageKey), "known")))) + " / (" + by(counted(g.of(m.effortContacts))) + " > 0)"}},
		},
		{
			kind: bars, title: "Resolved at the first contact, by matter", unit: shares, width: third, height: high, most: 1, none: "none is over",
			queries: []query{{expr: by(ended(once), intent) + " / (" + by(ended(helped), intent) + " > 0)", legend: "{{" + intent + "}}"}},
		},
		{
			kind: bars, title: "Matters by what became of them", about: "Claimed is what the employee or the customer said at the end. A matter that was claimed to be resolved and repeated was not.", unit: plain, width: third, height: high, none: "none is over",
			queries: []query{{expr: by(ended(), result, label(semconv.EffortClaimedKey)) + " > 0", legend: "{{" + result + "}}, claimed {{" + label(semconv.EffortClaimedKey) + "}}"}},
		},
	}
}

// decisions returns the panels about what employees decide.
func (g *generator) decisions() []panel {
	m := &g.metrics
	what, approval := label(semconv.DecisionWhatKey), label(semconv.DecisionApprovalKey)
	return []panel{
		{
			kind: bars, title: "Decisions", about: "What employees decided, and whether they could decide alone.", unit: plain, width: third, height: high, none: "no decision",
			queries: []query{{expr: by(counted(g.of(m.helperDecisions)), what, approval) + " > 0", legend: "{{" + what + "}} {{" + approval + "}}"}},
		},
		{
			kind: bars, title: "Nine of ten approvals took at most", about: "The time that a customer waited for the approval of a decision.", unit: seconds, width: third, height: high, none: "no approval",
			queries: []query{{expr: quantile(0.9, g.of(m.waits+bucket, is(label(semconv.WaitKindKey), "approval"))), legend: "approval"}},
		},
	}
}
