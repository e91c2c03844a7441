//go:build unix

package insight_test

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// scales are the lowest and the highest answer of each scale.
var scales = map[string][2]int{"nps": {0, 10}, "csat": {1, 5}, "ces": {1, 7}, "stars": {1, 5}, "thumbs": {0, 1}}

// within is that something was said or asked in the period, up to the moment of the report.
const within = "at >= @from AND at < @until AND at <= @at"

// answered are the answers that meet a condition.
type answered struct {
	n, customers, positive, neutral, negative float64
	counts                                    []float64
	score, mean                               float64
	scoreIn, meanIn                           interval
	shared                                    bool // the score is the share of positive answers
}

// ask counts the answers of a survey that meet a condition.
func (p *proof) ask(scale, condition string, args ...string) answered {
	low, high := scales[scale][0], scales[scale][1]
	a := answered{counts: make([]float64, high-low+1)}
	const of = ` FROM said WHERE kind = 'feedback.received' AND survey = @survey AND version = @version AND scale = @scale AND ` + within + ` AND `
	_, rows := p.query(`SELECT score, verdict, count(*) AS n`+of+condition+` GROUP BY score, verdict`, args...)
	for _, row := range rows {
		n := row["n"].(float64)
		a.counts[int(row["score"].(float64))-low] += n
		a.n += n
		switch row["verdict"] {
		case "positive":
			a.positive += n
		case "neutral":
			a.neutral += n
		case "negative":
			a.negative += n
		}
	}
	_, people := p.query(`SELECT count(DISTINCT who) AS customers`+of+condition, args...)
	a.customers = people[0]["customers"].(float64)
	if a.n == 0 {
		return a
	}
	a.mean, a.meanIn = mean(float64(low), a.counts)
	switch scale {
	case "nps":
		a.score, a.scoreIn = promoters(a.positive, a.negative, a.n)
	case "csat", "thumbs":
		a.score, a.scoreIn, a.shared = a.positive/a.n, wilson(a.positive, a.n), true
	default:
		a.score, a.scoreIn = a.mean, a.meanIn
	}
	return a
}

// answers proves score.Answers.
func (p *proof) answers(path string, a answered, hidden bool) {
	if p.yes(join(path, "hidden")) != hidden {
		p.fail("%s.hidden is %v, want %v", path, !hidden, hidden)
	}
	if hidden || a.n == 0 {
		p.zero(path, "it is hidden, or there are none")
		return
	}
	p.is(join(path, "n"), a.n, "SQL")
	for i, n := range a.counts {
		p.is(fmt.Sprintf("%s.counts[%d]", path, i), n, "SQL")
	}
	for member, n := range map[string]float64{"positive": a.positive, "neutral": a.neutral, "negative": a.negative} {
		p.is(join(path, member+".count"), n, "SQL")
		p.is(join(path, member+".n"), a.n, "SQL")
	}
	p.estimate(join(path, "score"), a.score, a.scoreIn, a.n, "Rocks; Wilson")
	p.estimate(join(path, "mean"), a.mean, a.meanIn, a.n, "Rocks")
}

func (p *proof) estimate(path string, value float64, in interval, n float64, why string) {
	p.is(join(path, "value"), value, why)
	p.is(join(path, "low"), in.low, why)
	p.is(join(path, "high"), in.high, why)
	p.is(join(path, "n"), n, why)
}

// requested are the requests of a survey that meet a condition, by what became of them.
const requested = `WITH q AS (SELECT r.*, EXISTS (SELECT 1 FROM said a WHERE a.kind = 'feedback.received' AND a.request_id = r.id AND a.at <= @at) AS answered,
		(SELECT max(c.survey_end) FROM said c WHERE c.kind = 'survey.closed' AND c.request_id = r.id AND c.at <= @at) AS ended,
		EXISTS (SELECT 1 FROM said c WHERE c.kind = 'survey.shown' AND c.request_id = r.id AND c.at <= @at) AS seen
		FROM said r WHERE r.kind = 'survey.requested' AND survey = @survey AND version = @version AND scale = @scale AND ` + within + `)
	SELECT count(DISTINCT who) AS customers, count(*) AS asked, sum(CASE WHEN answered THEN 1 ELSE 0 END) AS answered,
		sum(CASE WHEN NOT answered AND ended = 'dismissed' THEN 1 ELSE 0 END) AS dismissed, sum(CASE WHEN NOT answered AND ended = 'bounced' THEN 1 ELSE 0 END) AS bounced,
		sum(CASE WHEN NOT answered AND ended = 'expired' AND seen THEN 1 ELSE 0 END) AS seen_only,
		sum(CASE WHEN NOT answered AND ended = 'expired' AND NOT seen THEN 1 ELSE 0 END) AS not_seen,
		sum(CASE WHEN NOT answered AND (ended IS NULL OR ended NOT IN ('dismissed', 'bounced', 'expired')) THEN 1 ELSE 0 END) AS open FROM q WHERE `

func (p *proof) requests(condition string, args ...string) map[string]float64 {
	columns, rows := p.query(requested+condition, args...)
	r := map[string]float64{}
	for _, column := range columns {
		r[column], _ = rows[0][column].(float64)
	}
	return r
}

// response proves score.Response.
func (p *proof) response(path string, r map[string]float64, hidden bool) {
	if p.yes(join(path, "hidden")) != hidden {
		p.fail("%s.hidden is %v, want %v", path, !hidden, hidden)
	}
	if hidden {
		p.zero(path, "it is hidden")
		return
	}
	for column, n := range r {
		if !about(column) {
			p.is(join(path, column), n, "SQL")
		}
	}
	if r["asked"] == 0 {
		p.zero(join(path, "rate"), "nobody was asked")
		return
	}
	p.is(join(path, "rate.count"), r["answered"], "SQL")
	p.is(join(path, "rate.n"), r["asked"], "SQL")
}

func few(n float64) bool { return n > 0 && n < 5 }

// voice proves what customers said.
func (p *proof) voice() {
	if p.at("voice") == nil {
		return
	}
	now := p.period("period")
	p.row("voice.now", `SELECT (SELECT count(*) FROM run) AS rows, (SELECT count(*) FROM run WHERE base <= @at AND `+begun+`) AS runs`, now...)
	_, amended := p.query(`SELECT count(*) AS n FROM said WHERE kind = 'feedback.amended'`)
	if amended[0]["n"] != 0.0 {
		p.t.Fatal("answers were amended: write what proves them")
	}
	_, surveys := p.query(`SELECT DISTINCT survey, version, scale FROM said WHERE kind IN ('feedback.received', 'survey.requested') AND survey IS NOT NULL AND `+within, now...)
	n := 0
	p.each("voice.now.surveys", func(path string) { n++; p.survey(path, n-1) })
	if n != len(surveys) {
		p.fail("there are %d surveys, and SQL has %d", n, len(surveys))
	}
	p.mentions(now)
	p.causes(now)
	for _, list := range []string{"voice.now.verbatims", "voice.now.compliments", "voice.quotes", "voice.praise"} {
		p.each(list, p.quote)
	}
	p.followUps(now)
	p.actions(now)
}

func (p *proof) survey(path string, n int) {
	scale := p.text(join(path, "scale"))
	about := []string{"survey", quoted(p.text(join(path, "name"))), "version", quoted(p.text(join(path, "version"))), "scale", quoted(scale)}
	now, before := append(p.period("period"), about...), append(p.period("before"), about...)
	all := p.ask(scale, ever, now...)
	asked := p.requests(ever, now...)
	p.answers(join(path, "answers"), all, few(all.customers))
	p.answers(join(path, "first"), all, few(all.customers))
	p.row(path, `SELECT count(request_id) AS solicited, 0 AS amended FROM said WHERE kind = 'feedback.received' AND survey = @survey AND version = @version AND scale = @scale AND `+within, now...)
	p.response(join(path, "response"), asked, few(asked["customers"]))
	p.segments(path, scale, asked, now)
	p.parts(join(path, "channels"), scale, now, func(part string) string { return "coalesce(channel, '') = " + quoted(p.text(join(part, "name"))) }, true)
	p.parts(join(path, "causes"), scale, now, func(part string) string {
		if name := p.text(join(part, "name")); name != "" {
			return "EXISTS (SELECT 1 FROM list(causes) AS c WHERE member(c) = " + quoted(name) + ")"
		}
		return "causes IS NULL"
	}, false)
	p.parts(join(path, "weeks"), scale, now, func(part string) string {
		from, _ := time.Parse(time.RFC3339, p.text(join(part, "from")))
		return fmt.Sprintf("at >= %d AND at < %d", from.UnixMicro(), from.AddDate(0, 0, 7).UnixMicro())
	}, true)
	change := fmt.Sprintf("voice.changes[%d]", n)
	if p.at("before") == nil || p.at(change) == nil {
		return
	}
	then, askedThen := p.ask(scale, ever, before...), p.requests(ever, before...)
	differ := func(member string, a, m, b, n float64) {
		if path := join(change, member); m > 0 && n > 0 && !few(then.customers) {
			in := newcombe(a, m, b, n)
			p.estimate(path, a/m-b/n, in, m, "Newcombe")
			p.is(join(path, "n_before"), n, "SQL")
		} else {
			p.zero(path, "there is nothing to compare")
		}
	}
	differ("positive", all.positive, all.n, then.positive, then.n)
	differ("neutral", all.neutral, all.n, then.neutral, then.n)
	differ("negative", all.negative, all.n, then.negative, then.n)
	differ("response", asked["answered"], asked["asked"], askedThen["answered"], askedThen["asked"])
	switch {
	case all.n == 0 || then.n == 0 || few(then.customers):
		for _, member := range []string{"score", "p", "adjusted"} {
			p.zero(join(change, member), "there is nothing to compare")
		}
	case all.shared:
		differ("score", all.positive, all.n, then.positive, then.n)
		p.is(join(change, "p"), chance(all.positive, all.n, then.positive, then.n), "chi-square, or Fisher's exact test")
		p.changes = append(p.changes, change)
	default:
		p.is(join(change, "p"), beyond(all.score-then.score, apart(all.score, all.scoreIn, then.score, then.scoreIn)), "Altman and Bland")
		p.changes = append(p.changes, change)
		p.estimate(join(change, "score"), all.score-then.score, apart(all.score, all.scoreIn, then.score, then.scoreIn), all.n, "Zou and Donner")
		p.is(join(change, "score.n_before"), then.n, "SQL")
	}
}

// parts proves the answers and requests of weeks, channels or causes.
func (p *proof) parts(path, scale string, args []string, condition func(part string) string, rates bool) {
	said, asked := map[string]float64{}, map[string]float64{}
	answers, requests := map[string]answered{}, map[string]map[string]float64{}
	p.each(path, func(part string) {
		answers[part], requests[part] = p.ask(scale, condition(part), args...), p.requests(condition(part), args...)
		said[part], asked[part] = answers[part].customers, requests[part]["customers"]
	})
	noAnswers, noRates := concealed(said), concealed(asked)
	p.each(path, func(part string) {
		p.answers(join(part, "answers"), answers[part], noAnswers[part])
		rate := join(part, "response_rate")
		switch r := requests[part]; {
		case !rates || noRates[part] || r["asked"] == 0:
			p.zero(rate, "it is hidden, or nobody was asked")
		default:
			p.is(join(rate, "count"), r["answered"], "SQL")
			p.is(join(rate, "n"), r["asked"], "SQL")
		}
	})
	if strings.HasSuffix(path, "causes") {
		return
	}
	var all, parts float64
	p.each(path, func(part string) { parts += answers[part].n })
	if all = p.ask(scale, ever, args...).n; all != parts {
		p.fail("%s have %v answers together, of %v", path, parts, all)
	}
}

// segments proves the segments of a survey, and what follows from them.
func (p *proof) segments(path, scale string, asked map[string]float64, now []string) {
	answers, requests := map[string]answered{}, map[string]map[string]float64{}
	said, wereAsked := map[string]float64{}, map[string]float64{}
	p.each(join(path, "segments"), func(segment string) {
		condition := "coalesce(segment, '') = " + quoted(p.text(join(segment, "name")))
		answers[segment], requests[segment] = p.ask(scale, condition, now...), p.requests(condition, now...)
		said[segment], wereAsked[segment] = answers[segment].customers, requests[segment]["customers"]
	})
	noAnswers, noRequests := concealed(said), concealed(wereAsked)
	weighed, whole := answered{}, true
	var below, above float64
	p.each(join(path, "segments"), func(segment string) {
		a, r := answers[segment], requests[segment]
		p.answers(join(segment, "answers"), a, noAnswers[segment])
		p.response(join(segment, "response"), r, noRequests[segment])
		whole = whole && !noAnswers[segment] && !noRequests[segment] && (r["asked"] == 0 || a.n > 0)
		if weight := fraction(r["asked"], asked["asked"]); weight > 0 {
			weighed.score += weight * a.score
			weighed.n += a.n
			below, above = math.Hypot(below, weight*max(0, a.score-a.scoreIn.low)), math.Hypot(above, weight*max(0, a.scoreIn.high-a.score))
		}
	})
	if asAsked := join(path, "score_as_asked"); !whole || weighed.n == 0 {
		p.zero(asAsked, "a segment is hidden, or has no answer")
	} else {
		p.estimate(asAsked, weighed.score, interval{weighed.score - below, weighed.score + above}, weighed.n, "Zou, Huang and Zhang")
	}
	var silences []string
	p.each(join(path, "non_response"), func(silence string) {
		r := p.requests("coalesce(segment, '') = "+quoted(p.text(join(silence, "segment"))), now...)
		p.is(join(silence, "response_rate.count"), r["answered"], "SQL")
		p.is(join(silence, "response_rate.n"), r["asked"], "SQL")
		p.is(join(silence, "others.count"), asked["answered"]-r["answered"], "all less the segment")
		p.is(join(silence, "others.n"), asked["asked"]-r["asked"], "all less the segment")
		p.change(silence, join(silence, "response_rate"), join(silence, "others"), &silences)
	})
	p.adjusted(silences)
}

// mentionedSQL are the numbers of mentions.
var mentionedSQL = `count(DISTINCT who) AS customers, count(*) AS n, ` + count("nature = 'complaint'") + ` AS "complaints.count", count(*) AS "complaints.n",
	` + count("mood = 'negative'") + ` AS "negative.count", count(mood) AS "negative.n", ` + count("mood = 'positive'") + ` AS "positive.count", count(mood) AS "positive.n",
	` + who("mood IS NOT NULL") + ` AS "~negative,positive"`

const mentionedIn = ` FROM said WHERE kind = 'feedback.mentioned' AND ` + within

func (p *proof) mentions(now []string) {
	const path = "voice.now.mentions"
	if p.number(join(path, "n")) == 0 {
		p.row(path, `SELECT CASE WHEN count(DISTINCT who) < 5 THEN 0 ELSE count(*) END AS n`+mentionedIn, now...)
		p.zero(path, "there are none, or they are hidden")
		return
	}
	natures := ""
	for member, nature := range map[string]string{"compliments": "compliment", "questions": "question", "suggestions": "suggestion"} {
		natures += `, ` + count("nature = '"+nature+"'") + ` AS "` + member + `.count", count(*) AS "` + member + `.n"`
	}
	p.row(path, `SELECT `+mentionedSQL+natures+mentionedIn, now...)
	stars := `, coalesce(avg(stars), 0) AS mean_stars, count(stars) AS rated, ` + who("stars IS NOT NULL") + ` AS "~mean_stars,rated"`
	p.rows(join(path, "sources"), "name", true, `SELECT coalesce(source, '') AS key, `+mentionedSQL+stars+mentionedIn+` GROUP BY 1`, now...)
	p.each(join(path, "weeks"), func(week string) {
		from, _ := time.Parse(time.RFC3339, p.text(join(week, "from")))
		p.row(week, `SELECT `+mentionedSQL+stars+mentionedIn+fmt.Sprintf(" AND at >= %d AND at < %d", from.UnixMicro(), from.AddDate(0, 0, 7).UnixMicro()), now...)
	})
}

// causes proves what customers name in answers and mentions.
func (p *proof) causes(now []string) {
	const spoken = ` FROM said WHERE kind IN ('feedback.received', 'feedback.mentioned') AND ` + within
	_, all := p.query(`SELECT count(*) AS n`+spoken, now...)
	p.rows("voice.now.causes", "cause", true, `SELECT c.cause AS key, count(DISTINCT who) AS customers, count(*) AS "share.count", `+fmt.Sprint(int64(all[0]["n"].(float64)))+` AS "share.n",
		`+count("mood = 'negative'")+` AS "negative.count", count(mood) AS "negative.n", `+count("mood = 'positive'")+` AS "positive.count", count(mood) AS "positive.n",
		`+who("mood IS NOT NULL")+` AS "~negative,positive" FROM (SELECT DISTINCT s.id, s.who, s.mood, member(c) AS cause FROM said s, list(s.causes) AS c WHERE s.causes IS NOT NULL AND s.kind IN ('feedback.received', 'feedback.mentioned')
			AND `+within+`) AS c GROUP BY 1`, now...)
	p.each("voice.now.causes", func(path string) {
		p.each(join(path, "quotes"), p.quote)
		p.each(join(path, "weeks"), func(week string) { p.causeWeek(week, p.text(join(path, "cause")), now) })
	})
}

// causeWeek proves how often a cause was named in a week.
func (p *proof) causeWeek(path, cause string, now []string) {
	if p.yes(join(path, "hidden")) {
		return
	}
	from, _ := time.Parse(time.RFC3339, p.text(join(path, "from")))
	spoken := fmt.Sprintf(` FROM said s WHERE s.kind IN ('feedback.received', 'feedback.mentioned') AND %s AND at >= %d AND at < %d`, within, from.UnixMicro(), from.AddDate(0, 0, 7).UnixMicro())
	_, all := p.query(`SELECT count(*) AS n`+spoken, now...)
	_, named := p.query(`SELECT count(DISTINCT s.id) AS n`+strings.Replace(spoken, "said s", "said s, list(s.causes) AS c", 1)+` AND s.causes IS NOT NULL AND member(c) = `+quoted(cause), now...)
	p.is(join(path, "share.count"), named[0]["n"].(float64), "SQL")
	p.is(join(path, "share.n"), all[0]["n"].(float64), "SQL")
}

// quote proves the numbers of a quote: what the customer who wrote it gave.
func (p *proof) quote(path string) {
	_, rows := p.query(`SELECT score, stars FROM said WHERE at = @quoted AND comment = @comment`, "quoted", p.micros(join(path, "at")), "comment", quoted(p.text(join(path, "text"))))
	for _, member := range []string{"score", "stars"} {
		if p.at(join(path, member)) == nil {
			continue
		}
		if len(rows) == 0 {
			p.fail("%s: nobody said it then", path)
			return
		}
		p.is(join(path, member), rows[0][member].(float64), "SQL")
	}
}

// actions proves what was changed. Without an action nothing was acted on: of all that names a cause.
func (p *proof) actions(now []string) {
	const path = "voice.now.actions"
	if list, _ := p.at(join(path, "list")).([]any); len(list) > 0 {
		p.t.Fatal("there are actions: write what proves them")
	}
	p.is(join(path, "tested"), 0, "there are no actions")
	p.is(join(path, "median_days"), 0, "there are no actions")
	if p.at(join(path, "acted_on")) != nil {
		p.row(join(path, "acted_on"), `SELECT 0 AS count, count(*) AS n FROM said WHERE kind IN ('feedback.received', 'feedback.mentioned') AND causes IS NOT NULL AND `+within, now...)
	}
}
