//go:build unix

package insight_test

import (
	"fmt"
	"strings"
	"time"
)

// matters are the follow-ups, as they are at the moment of the report.
const matters = `WITH e AS (SELECT t.journey, t.run, t.stage, t.owner, t.severity, t.remedy, t.kind, t.outcome, t.cause, t.arrival, micros(t.time) AS at FROM transitions t
		WHERE t.journey IN (@followups)),
	m AS (SELECT run.*, CASE WHEN ended <= @at THEN 0 ELSE 1 END AS open, CASE WHEN ` + begun + ` AND base <= @at THEN 1 ELSE 0 END AS received,
		(SELECT min(e.at) FROM e WHERE e.run = run.run AND e.journey = run.journey AND e.stage = 'told' AND e.kind = 'journey.stage.entered' AND e.at <= @at) AS told,
		(SELECT e.cause FROM e WHERE e.run = run.run AND e.journey = run.journey AND e.kind = 'journey.ended' AND e.at = run.ended LIMIT 1) AS why,
		coalesce((SELECT e.stage FROM e WHERE e.run = run.run AND e.journey = run.journey AND e.kind = 'journey.stage.entered' AND e.at <= @at ORDER BY e.at DESC, e.arrival DESC LIMIT 1), '') AS step,
		coalesce((SELECT e.owner FROM e WHERE e.run = run.run AND e.journey = run.journey AND e.owner IS NOT NULL AND e.at <= @at ORDER BY e.at DESC, e.arrival DESC LIMIT 1), '') AS owner,
		coalesce((SELECT e.severity FROM e WHERE e.run = run.run AND e.journey = run.journey AND e.severity IS NOT NULL AND e.at <= @at ORDER BY e.at DESC, e.arrival DESC LIMIT 1), '') AS severity,
		coalesce((SELECT e.remedy FROM e WHERE e.run = run.run AND e.journey = run.journey AND e.remedy IS NOT NULL AND e.at <= @at ORDER BY e.at DESC, e.arrival DESC LIMIT 1), '') AS remedy,
		CASE WHEN EXISTS (SELECT 1 FROM promised p WHERE p.run = run.run AND p.journey = run.journey AND p.broken <= @at) THEN 1 ELSE 0 END AS broke,
		CASE WHEN EXISTS (SELECT 1 FROM promised p WHERE p.run = run.run AND p.journey = run.journey AND p.due <= @at AND NOT EXISTS (SELECT 1 FROM others o
			WHERE o.run = p.run AND o.journey = p.journey AND o.promise = p.promise AND o.number = p.number AND o.kind IN ('promise.kept', 'promise.withdrawn')
			AND micros(o.time) <= @at)) THEN 1 ELSE 0 END AS late
		FROM run WHERE journey IN (@followups) AND base <= @at),
	f AS (SELECT * FROM m WHERE open = 1 OR received = 1)`

func (p *proof) followUps(now []string) {
	const path = "voice.now.follow_ups"
	names := []string{"''"}
	for i := range p.blueprint.FollowUps {
		names = append(names, quoted(p.blueprint.FollowUps[i].Name))
	}
	now = append(now, "followups", strings.Join(names, ", "))
	_, rows := p.query(matters+` SELECT count(DISTINCT who) AS customers, coalesce(sum(received), 0) AS received FROM f`, now...)
	if n := rows[0]["customers"].(float64); n < 5 {
		if p.yes(join(path, "hidden")) != few(n) {
			p.fail("%s is hidden: %v, of %v customers", path, p.yes(join(path, "hidden")), n)
		}
		p.each(join(path, "ages"), func(age string) {
			p.is(join(age, "from_ns"), p.number(join(age, "from_ns")), "a bound")
			p.is(join(age, "until_ns"), p.number(join(age, "until_ns")), "a bound")
		})
		for _, member := range []string{"received", "open_now", "oldest_ns", "told.n", "told.median_ns", "told.p90_ns"} {
			p.is(join(path, member), 0, "there are none, or they are hidden")
		}
		p.each(join(path, "ages"), func(age string) {
			p.is(join(age, "count"), 0, "none is open")
			p.is(join(age, "n"), 0, "none is open")
		})
		return
	}
	shares := ""
	if rows[0]["received"].(float64) > 0 {
		for member, condition := range map[string]string{
			"confirmed": "open = 0 AND outcome = 'completed' AND coalesce(why, '') <> 'no_objection'", "no_objection": "open = 0 AND outcome = 'completed' AND why = 'no_objection'",
			"withdrawn": "open = 0 AND outcome = 'cancelled'", "failed": "open = 0 AND outcome NOT IN ('completed', 'cancelled')", "open": "open = 1", "broken": "broke = 1",
		} {
			shares += `, ` + count("received = 1 AND "+condition) + ` AS "` + member + `.count", sum(received) AS "` + member + `.n"`
		}
	}
	p.row(path, matters+`, told AS (SELECT CASE WHEN told > base THEN told - base ELSE 0 END AS v FROM f WHERE received = 1 AND told IS NOT NULL)
		SELECT count(DISTINCT who) AS customers, coalesce(sum(received), 0) AS received, coalesce(sum(open), 0) AS open_now, coalesce(max(CASE WHEN open = 1 THEN @at - base END), 0) * 1000 AS oldest_ns,
		`+who("received = 1 AND told IS NOT NULL")+` AS "~told", `+who("received = 1")+` AS "~confirmed,no_objection,withdrawn,failed,open,broken",
		`+times("told", "told.")+shares+` FROM f`, now...)
	if p.number(join(path, "open_now")) > 0 {
		p.row(path, matters+` SELECT count(*) AS "overdue.n", `+count("late = 1")+` AS "overdue.count", count(DISTINCT who) AS "~overdue" FROM f WHERE open = 1`, now...)
	}
	p.ages(join(path, "ages"), false, matters+`, s AS (SELECT @at - base AS age, who FROM f WHERE open = 1), `+agesIn, now...)
	_, open := p.query(matters+` SELECT count(DISTINCT who) AS customers FROM f WHERE open = 1`, now...)
	if n := open[0]["customers"].(float64); few(n) {
		p.zero(join(path, "steps"), "few are open")
		return
	}
	p.named(join(path, "steps"), matters+` SELECT step AS key, count(DISTINCT who) AS customers, count(*) AS count, (SELECT count(*) FROM f WHERE open = 1) AS n FROM f WHERE open = 1 GROUP BY 1`, now...)
	p.named(join(path, "remedies"), matters+` SELECT remedy AS key, count(DISTINCT who) AS customers, count(*) AS count, (SELECT sum(received) FROM f) AS n FROM f
		WHERE received = 1 AND remedy <> '' GROUP BY 1`, now...)
	for member, column := range map[string]string{"owners": "owner", "severities": "severity"} {
		p.rows(join(path, member), "name", true, matters+` SELECT `+column+` AS key, count(DISTINCT who) AS customers, sum(received) AS received, sum(open) AS open_now,
			`+count("received = 1 AND broke = 1")+` AS "broken.count", sum(received) AS "broken.n", `+count("open = 1 AND late = 1")+` AS "overdue.count", sum(open) AS "overdue.n", `+who("received = 1")+` AS "~broken", `+who("open = 1")+` AS "~overdue" FROM f GROUP BY 1`, now...)
	}
}

// queueSQL has the numbers of legs: what came to a queue, and how it went. What a service level counts, its definition says: docs/queues.md. Seconds are nanoseconds.
const queueSQL = `count(DISTINCT who) AS customers, sum(q) AS queued, sum(q * a) AS answered, sum(q * lost) AS abandoned, sum(q * short) AS short_abandons,
	sum(CASE WHEN q = 1 AND a = 0 AND leg_end = 'overflowed' THEN 1 ELSE 0 END) AS overflowed, sum(CASE WHEN q = 1 AND a = 0 AND leg_end = 'callback' THEN 1 ELSE 0 END) AS callbacks,
	sum(CASE WHEN q = 1 AND a = 0 AND leg_end = 'closed' THEN 1 ELSE 0 END) AS closed,
	sum(CASE WHEN q = 1 AND a = 0 AND (leg_end IS NULL OR leg_end NOT IN ('abandoned', 'overflowed', 'callback', 'closed')) THEN 1 ELSE 0 END) AS unknown,
	sum(CASE WHEN q = 1 AND level > 0 AND short = 0 AND (wait_seconds > level OR a = 1 OR lost = 1) THEN 1 ELSE 0 END) AS service_level_counted,
	sum(CASE WHEN q = 1 AND level > 0 AND a = 1 AND wait_seconds <= level THEN 1 ELSE 0 END) AS service_level_good,
	sum(CASE WHEN q = 1 AND a = 1 THEN wait_seconds ELSE 0 END) * 1e9 AS waited_ns, max(CASE WHEN q = 1 AND a = 1 THEN wait_seconds ELSE 0 END) * 1e9 AS longest_ns,
	sum(q * lost * wait_seconds) * 1e9 AS lost_ns, sum(h) AS handled, sum(h * talk_seconds) * 1e9 AS talk_ns, sum(h * hold_seconds) * 1e9 AS hold_ns, sum(h * wrap_seconds) * 1e9 AS wrap_ns,
	sum(CASE WHEN h = 1 AND leg_end = 'transferred' THEN 1 ELSE 0 END) AS transfers, count(DISTINCT CASE WHEN q = 1 AND a = 1 THEN who END) AS "~waited_ns,longest_ns",
	count(DISTINCT CASE WHEN q = 1 AND lost = 1 THEN who END) AS "~lost_ns", count(DISTINCT CASE WHEN h = 1 THEN who END) AS "~talk_ns,hold_ns,wrap_ns",
	count(DISTINCT CASE WHEN q = 1 AND level > 0 AND short = 0 AND (wait_seconds > level OR a = 1 OR lost = 1) THEN who END) AS "~service_level",
	count(DISTINCT CASE WHEN q = 1 AND short = 0 THEN who END) AS "~abandonment", count(DISTINCT CASE WHEN h = 1 THEN who END) AS "~transfer_share"`

// legsSQL are the legs of the contacts that began in the period.
const legsSQL = `WITH g AS (SELECT leg.*, CASE WHEN queued AND NOT bot THEN 1 ELSE 0 END AS q, CASE WHEN answered THEN 1 ELSE 0 END AS a, CASE WHEN answered AND NOT bot THEN 1 ELSE 0 END AS h,
		CASE WHEN NOT answered AND leg_end = 'abandoned' AND wait_seconds >= 6 THEN 1 ELSE 0 END AS lost,
		CASE WHEN NOT answered AND leg_end = 'abandoned' AND wait_seconds < 6 THEN 1 ELSE 0 END AS short, CASE queue @levels ELSE 0 END AS level FROM leg WHERE ` + within + `)`

// threadsSQL are the public replies of the threads that began in the period. The first reply is what the customer who opened the thread waited for.
const threadsSQL = `WITH h AS (SELECT t.id, micros(t.time) AS at, coalesce(t.customer, CAST(t.id AS text)) AS who, t.unanswered, t.first_reply_seconds, t.first_reply_open_seconds,
		coalesce((SELECT l.queue FROM legs l WHERE l.touchpoint_id = t.id AND NOT l.bot AND l.queue IS NOT NULL ORDER BY l.number LIMIT 1), '') AS queue FROM touchpoints t WHERE t.replies IS NOT NULL),
	g AS (SELECT h.*, (SELECT count(*) FROM replies r WHERE r.touchpoint_id = h.id) AS count, (SELECT coalesce(sum(r.after_seconds), 0) FROM replies r WHERE r.touchpoint_id = h.id) AS after,
		(SELECT coalesce(sum(r.open_seconds), 0) FROM replies r WHERE r.touchpoint_id = h.id) AS open FROM h WHERE ` + within + `)
	SELECT count(first_reply_seconds) AS "first_replies.count", coalesce(sum(first_reply_seconds), 0) * 1e9 AS "first_replies.after_ns",
		coalesce(sum(first_reply_open_seconds), 0) * 1e9 AS "first_replies.open_ns", coalesce(sum(count), 0) - count(first_reply_seconds) AS "next_replies.count",
		(coalesce(sum(after), 0) - coalesce(sum(first_reply_seconds), 0)) * 1e9 AS "next_replies.after_ns",
		(coalesce(sum(open), 0) - coalesce(sum(first_reply_open_seconds), 0)) * 1e9 AS "next_replies.open_ns",
		count(DISTINCT CASE WHEN first_reply_seconds IS NOT NULL THEN who END) AS "~first_replies.after_ns,first_replies.open_ns",
		count(DISTINCT CASE WHEN count > CASE WHEN first_reply_seconds IS NULL THEN 0 ELSE 1 END THEN who END) AS "~next_replies.after_ns,next_replies.open_ns",
		coalesce(sum(CASE WHEN unanswered AND first_reply_seconds IS NULL THEN 1 ELSE 0 END), 0) AS unanswered FROM g`

// levels are the branches of a CASE that has the seconds of a queue's service level.
func (p *proof) levels() string {
	branches := "WHEN '' THEN 0"
	for _, q := range p.blueprint.Queues {
		if q.ServiceLevel.Within > 0 {
			branches += fmt.Sprintf(" WHEN %s THEN %v", quoted(q.Name), time.Duration(q.ServiceLevel.Within).Seconds())
		}
	}
	return branches
}

// queueNumbers proves insight.QueueNumbers of the legs, and of the threads, that meet a condition.
func (p *proof) queueNumbers(path, legs, threads string, hidden bool, args []string) {
	p.t.Helper()
	if hidden {
		if !p.yes(join(path, "hidden")) {
			p.fail("%s is of few customers, and is not hidden", path)
		}
		p.zero(path, "it is hidden")
		return
	}
	columns, rows := p.query(legsSQL+` SELECT `+queueSQL+` FROM g WHERE `+legs, args...)
	p.object(path, columns[1:], rows[0], false) // a queue of few customers is hidden with those from which it follows
	p.row(path, threadsSQL+` WHERE `+threads, args...)
	of := func(member string) float64 { return p.number(join(path, member)) }
	for member, parts := range map[string][2]float64{
		"service_level": {of("service_level_good"), of("service_level_counted")}, "abandonment": {of("abandoned"), of("queued") - of("short_abandons")},
		"transfer_share": {of("transfers"), of("handled")},
	} {
		if n, _ := rows[0]["~"+member].(float64); parts[1] == 0 || few(n) {
			p.zero(join(path, member), "there is nothing to count, or it is of few customers")
			continue
		}
		p.is(join(path, member+".count"), parts[0], "as its definition says")
		p.is(join(path, member+".n"), parts[1], "as its definition says")
	}
	p.mean(join(path, "speed_of_answer_ns"), of("waited_ns"), of("answered"))
	p.mean(join(path, "handle_time_ns"), of("talk_ns")+of("hold_ns")+of("wrap_ns"), of("handled"))
}

// mean proves a mean in whole nanoseconds.
func (p *proof) mean(path string, sum, n float64) {
	if got, want := p.number(path), fraction(sum, n); got > want+1 || got < want-1 {
		p.fail("%s is %v, want %v", path, got, want)
	}
	p.is(path, p.number(path), "sum/n, in whole nanoseconds")
}

// support proves how contacts with people went.
func (p *proof) support() {
	if p.at("support") == nil {
		return
	}
	now := append(p.period("period"), "levels", p.levels())
	p.row("support", `SELECT (SELECT count(*) FROM run) AS rows, (SELECT count(*) FROM run WHERE base <= @at AND `+begun+`) AS runs, 0 AS beyond`, now...)
	p.queueNumbers("support.all", ever, ever, false, now)
	crowds, queues := map[string]float64{}, map[string]string{}
	p.each("support.queues", func(path string) {
		queues[path] = "coalesce(queue, '') = " + quoted(p.text(join(path, "queue")))
		_, rows := p.query(legsSQL+` SELECT count(DISTINCT who) AS customers FROM g WHERE `+queues[path], now...)
		crowds[path] = rows[0]["customers"].(float64)
	})
	hidden := concealed(crowds)
	_, all := p.query(legsSQL+` SELECT count(DISTINCT coalesce(queue, '')) AS queues FROM g`, now...)
	if all[0]["queues"] != float64(len(queues)) {
		p.fail("there are %d queues, and SQL has %v", len(queues), all[0]["queues"])
	}
	hiddenQueues := map[string]bool{}
	for path, condition := range queues {
		hiddenQueues[p.text(join(path, "queue"))] = hidden[path]
		p.queueNumbers(path, condition, condition, hidden[path], now)
	}
	p.halfHours(hiddenQueues, now)
	p.contacts(now)
	p.decisions(now)
}

func (p *proof) halfHours(hiddenQueues map[string]bool, now []string) {
	crowds, conditions := map[string]map[string]float64{}, map[string]string{}
	var came float64
	p.each("support.half_hours", func(path string) {
		queue := p.text(join(path, "queue"))
		conditions[path] = "coalesce(queue, '') = " + quoted(queue) + " AND came >= " + p.micros(join(path, "begin")) + " AND came < " + p.micros(join(path, "end"))
		_, rows := p.query(legsSQL+` SELECT count(DISTINCT who) AS customers, count(*) AS n FROM g WHERE `+conditions[path], now...)
		if crowds[queue] == nil {
			crowds[queue] = map[string]float64{}
		}
		crowds[queue][path] = rows[0]["customers"].(float64)
		came += rows[0]["n"].(float64)
	})
	for queue, of := range crowds {
		hidden := concealed(of)
		for path := range of {
			threads := strings.ReplaceAll(conditions[path], "came", "at")
			p.queueNumbers(path, conditions[path], threads, hiddenQueues[queue] || hidden[path], now)
		}
	}
	if _, rows := p.query(legsSQL+` SELECT count(*) AS n FROM g`, now...); rows[0]["n"] != came {
		p.fail("half hours have %v legs, and SQL has %v", came, rows[0]["n"])
	}
}

// contactsSQL are the contacts that began in the period.
const contactsSQL = `WITH c AS (SELECT t.*, micros(t.time) AS at FROM touchpoints t WHERE t.legs IS NOT NULL), k AS (SELECT * FROM c WHERE ` + within + `)`

func (p *proof) contacts(now []string) {
	p.row("support.contacts", contactsSQL+` SELECT count(*) AS "all", sum(CASE WHEN by_person THEN 1 ELSE 0 END) AS answered,
		(SELECT count(*) FROM legs l JOIN k ON k.id = l.touchpoint_id WHERE l.answered AND NOT l.bot AND l.leg_end = 'transferred') AS transfers,
		(SELECT count(*) FROM legs l JOIN k ON k.id = l.touchpoint_id JOIN legs n ON n.touchpoint_id = l.touchpoint_id AND n.number = l.number + 1
			WHERE l.answered AND NOT l.bot AND l.leg_end = 'transferred' AND EXISTS (SELECT 1 FROM legs b WHERE b.touchpoint_id = l.touchpoint_id AND b.number <= l.number AND b.queue = n.queue)) AS returns,
		`+count("claimed = 'yes'")+` AS resolved, `+count("claimed = 'no'")+` AS unresolved FROM k`, now...)
	_, claimers := p.query(contactsSQL+` SELECT count(DISTINCT coalesce(customer, CAST(id AS text))) AS n FROM k WHERE claimed IS NOT NULL`, now...)
	if claimed := p.number("support.contacts.resolved") + p.number("support.contacts.unresolved"); claimed > 0 && !few(claimers[0]["n"].(float64)) {
		p.is("support.claimed_resolved.count", p.number("support.contacts.resolved"), "the resolved")
		p.is("support.claimed_resolved.n", claimed, "those with a claim")
	}
	p.resolution(now)
}

// resolution proves how often one contact was enough: by what a client has told, else only how many contacts are known. Package assist has a model of its own
// for what follows from contacts alone.
func (p *proof) resolution(now []string) {
	const path = "support.resolution"
	p.row(path, contactsSQL+` SELECT count(*) AS contacts, `+count("customer IS NOT NULL AND intent IS NOT NULL AND intent <> 'other'")+` AS known FROM k WHERE direction = 'inbound'`, now...)
	const told = `WITH c AS (SELECT o.*, micros(o.time) AS at FROM others o WHERE o.kind = 'contact.resolved'), k AS (SELECT * FROM c WHERE ` + within + `)`
	_, rows := p.query(told+` SELECT count(*) AS n FROM k`, now...)
	if rows[0]["n"] == 0.0 {
		p.is(join(path, "window_ns"), 7*24*3600e9, "the window of a client by default")
		for _, member := range []string{"repeats", "switches", "efforts", "first_contact", "unanswered", "open", "escalated"} {
			if p.number(join(path, "known")) > 0 {
				p.t.Fatal("efforts follow from contacts: write what proves them")
			}
			p.is(join(path, member), 0, "no contact is known")
		}
	} else {
		p.row(path, told+` SELECT sum(effort_contacts - 1) AS repeats, sum(effort_switches) AS switches, `+count("effort_answered > 0")+` AS efforts,
			`+count("effort_answered > 0 AND effort_first_contact")+` AS first_contact, `+count("effort_answered = 0")+` AS unanswered, 0 AS open, `+count("effort_from IS NOT NULL")+` AS escalated, 0 AS window_ns FROM k`, now...)
	}
	for member, parts := range map[string][2]string{"coverage": {"known", "contacts"}, "first_contact_resolution": {"first_contact", "efforts"}} {
		if n := p.number(join(path, parts[1])); n > 0 {
			p.is(join(path, member+".count"), p.number(join(path, parts[0])), "as its definition says")
			p.is(join(path, member+".n"), n, "as its definition says")
		}
	}
}

// decisions proves what employees decided.
func (p *proof) decisions(now []string) {
	const decided = `WITH d AS (SELECT d.*, micros(d.time) AS at, coalesce(t.customer, CAST(t.id AS text)) AS who, t.claimed,
			CASE WHEN d.approval OR d.approver IS NOT NULL OR d.approval_seconds > 0 OR d.refused THEN 1 ELSE 0 END AS asked FROM decisions d JOIN touchpoints t ON t.id = d.touchpoint_id),
		k AS (SELECT * FROM d WHERE ` + within + `)`
	p.rows("support.decisions", "what", false, decided+` SELECT coalesce(decision, '') AS key, count(DISTINCT who) AS customers, count(*) AS n, count(*) - sum(asked) AS "without_approval.count",
		count(*) AS "without_approval.n", `+count("refused")+` AS "refused.count", sum(asked) AS "refused.n", sum(approval_seconds) * 1e9 AS waited_ns,
		`+who("asked = 1")+` AS "~refused,waited_ns", `+who("asked = 0")+` AS "~refused,waited_ns " FROM k GROUP BY 1`, now...)
	p.each("support.decisions", func(path string) {
		what := append(now, "what", quoted(p.text(join(path, "what"))))
		for member, asked := range map[string]string{"resolved_without_approval": "0", "resolved_with_approval": "1"} {
			if p.at(join(path, member)) != nil {
				p.row(join(path, member), decided+` SELECT `+count("claimed = 'yes'")+` AS count, count(claimed) AS n, `+who("claimed IS NOT NULL")+` AS "~count,n" FROM k WHERE decision = @what AND asked = `+asked, what...)
			}
		}
		p.each(join(path, "given"), func(given string) {
			p.row(given, decided+` SELECT sum(amount) AS amount FROM k WHERE decision = @what AND NOT refused AND amount_currency = `+quoted(p.text(join(given, "currency"))), what...)
		})
	})
}
