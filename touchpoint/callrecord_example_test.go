package touchpoint_test

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

// connectRecord has what is needed of a contact record of Amazon Connect. Its names, and their meaning, are those of
// https://docs.aws.amazon.com/connect/latest/adminguide/ctr-data-model.html.
type connectRecord struct {
	ContactID                  string
	InitialContactID           string
	NextContactID              string
	Channel                    string // VOICE, CHAT, TASK, EMAIL
	InitiationMethod           string // INBOUND, OUTBOUND, TRANSFER, CALLBACK, …
	InitiationTimestamp        time.Time
	DisconnectTimestamp        time.Time
	DisconnectReason           string // CUSTOMER_DISCONNECT, AGENT_DISCONNECT, …
	TransferCompletedTimestamp time.Time
	Queue                      *struct {
		Name             string
		EnqueueTimestamp time.Time
		DequeueTimestamp time.Time
		Duration         int // whole seconds, as all durations
	}
	Agent *struct {
		Username                  string
		ConnectedToAgentTimestamp time.Time
		AgentInteractionDuration  int // without hold
		CustomerHoldDuration      int
		NumberOfHolds             int
		AfterContactWorkDuration  int
	}
}

// leg returns the part of the contact that the record is about. The contact has begun at that time.
func (r *connectRecord) leg(began time.Time) event.Leg {
	whole := func(n int) event.Seconds { return event.Seconds(time.Duration(n) * time.Second) }
	l := event.Leg{Start: event.Seconds(r.InitiationTimestamp.Sub(began))}
	if q := r.Queue; q != nil {
		l.Queue, l.Queued, l.Wait = q.Name, true, whole(q.Duration)
		l.Start = event.Seconds(q.EnqueueTimestamp.Sub(began))
	}
	if a := r.Agent; a != nil && !a.ConnectedToAgentTimestamp.IsZero() {
		l.Answered, l.AgentID = true, a.Username // the client hashes it
		l.Talk, l.Hold, l.Holds = whole(a.AgentInteractionDuration), whole(a.CustomerHoldDuration), a.NumberOfHolds
		l.Wrap = whole(a.AfterContactWorkDuration)
	}
	switch moved := r.NextContactID != "" || !r.TransferCompletedTimestamp.IsZero(); {
	case moved && l.Answered:
		l.End = event.LegTransferred
	case moved:
		l.End = event.LegOverflowed
	case l.Answered:
		l.End = event.LegFinished
	case r.DisconnectReason == "CUSTOMER_DISCONNECT":
		l.End = event.LegAbandoned
	default:
		l.End = event.LegClosed
	}
	return l
}

// Amazon Connect exports a contact record for each part of a contact, here a call and the part after a transfer. Record them when the
// last one has come. A record may come twice: keep the one with the latest LastUpdateTimestamp of each ContactId.
func ExampleDefinition_Record_amazonConnect() {
	const exported = `
{"ContactId":"c-1","InitialContactId":"c-1","NextContactId":"c-2","Channel":"VOICE","InitiationMethod":"INBOUND",
 "InitiationTimestamp":"2026-03-25T10:00:00Z","DisconnectTimestamp":"2026-03-25T10:03:55Z","DisconnectReason":"OTHER","TransferCompletedTimestamp":null,
 "Queue":{"Name":"orders","EnqueueTimestamp":"2026-03-25T10:00:25Z","DequeueTimestamp":"2026-03-25T10:01:05Z","Duration":40},
 "Agent":{"Username":"a.meyer","ConnectedToAgentTimestamp":"2026-03-25T10:01:05Z","AgentInteractionDuration":140,
  "CustomerHoldDuration":30,"NumberOfHolds":1,"AfterContactWorkDuration":20}}
{"ContactId":"c-2","InitialContactId":"c-1","Channel":"VOICE","InitiationMethod":"TRANSFER",
 "InitiationTimestamp":"2026-03-25T10:03:55Z","DisconnectTimestamp":"2026-03-25T10:06:05Z","DisconnectReason":"CUSTOMER_DISCONNECT",
 "Queue":{"Name":"carriers","EnqueueTimestamp":"2026-03-25T10:03:55Z","DequeueTimestamp":"2026-03-25T10:04:05Z","Duration":10},
 "Agent":{"Username":"t.okoye","ConnectedToAgentTimestamp":"2026-03-25T10:04:05Z","AgentInteractionDuration":120,
  "CustomerHoldDuration":0,"NumberOfHolds":0,"AfterContactWorkDuration":60}}`

	var parts []connectRecord
	for in := json.NewDecoder(strings.NewReader(exported)); in.More(); {
		var r connectRecord
		if err := in.Decode(&r); err != nil {
			panic(err)
		}
		parts = append(parts, r)
	}
	slices.SortFunc(parts, func(a, b connectRecord) int {
		return cmp.Or(a.InitiationTimestamp.Compare(b.InitiationTimestamp), cmp.Compare(a.ContactID, b.ContactID))
	})
	first, last := parts[0], parts[len(parts)-1]
	var contact event.Assisted
	for i := range parts {
		contact.Legs = append(contact.Legs, parts[i].leg(first.InitiationTimestamp))
	}
	options := []touchpoint.StartOption{
		touchpoint.At(first.InitiationTimestamp),
		touchpoint.Took(last.DisconnectTimestamp.Sub(first.InitiationTimestamp)),
		touchpoint.Assisted(contact),
	}
	switch contact.Legs[len(contact.Legs)-1].End {
	case event.LegAbandoned:
		options = append(options, touchpoint.Outcome(event.Abandoned))
	case event.LegClosed:
		options = append(options, touchpoint.Outcome(event.Failed))
	default:
	}
	if m := first.InitiationMethod; m == "OUTBOUND" || m == "CALLBACK" {
		options = append(options, touchpoint.Outbound())
	}
	channels := map[string]event.Channel{"VOICE": event.Phone, "CHAT": event.Chat, "EMAIL": event.Email}

	ctx, _, stop := newSupport()
	defer stop()
	exampleSupport.Record(ctx, channels[first.Channel], options...)

	// Output:
	// phone ok 6m5s
	//   "orders" answered true: wait 40s, talk 2m20s, hold 30s, wrap 20s: transferred
	//   "carriers" answered true: wait 10s, talk 2m0s, hold 0s, wrap 1m0s: finished
}

// Most telephone systems write call detail records as a table, with a line for each call.
func ExampleDefinition_Record_callDetailRecords() {
	const table = `start,queue,agent,wait,ring,talk,hold,holds,wrap,result
2026-03-25T10:00:00Z,orders,204,12,5,180,0,0,30,answered
2026-03-25T10:00:40Z,orders,,95,0,0,0,0,0,abandoned
2026-03-25T10:02:00Z,,204,4,4,60,15,1,0,answered
`
	rows, err := csv.NewReader(strings.NewReader(table)).ReadAll()
	if err != nil {
		panic(err)
	}
	columns := map[string]int{}
	for i, name := range rows[0] {
		columns[name] = i
	}
	ctx, _, stop := newSupport()
	defer stop()
	for _, row := range rows[1:] {
		text := func(column string) string { return row[columns[column]] }
		number := func(column string) int {
			n, err := strconv.Atoi(text(column))
			if err != nil {
				panic(fmt.Errorf("the column %s: %w", column, err))
			}
			return n
		}
		whole := func(column string) event.Seconds { return event.Seconds(time.Duration(number(column)) * time.Second) }
		start, err := time.Parse(time.RFC3339, text("start"))
		if err != nil {
			panic(err)
		}
		leg := event.Leg{
			Queue: text("queue"), Queued: text("queue") != "", Answered: text("result") == "answered", AgentID: text("agent"),
			Wait: whole("wait"), Ring: whole("ring"), Talk: whole("talk"), Hold: whole("hold"), Holds: number("holds"), Wrap: whole("wrap"),
		}
		leg.End = event.LegFinished
		outcome := event.OK
		if !leg.Answered {
			leg.End, outcome = event.LegAbandoned, event.Abandoned
		}
		exampleSupport.Record(ctx, event.Phone, touchpoint.At(start), touchpoint.Outcome(outcome),
			touchpoint.Took(time.Duration(leg.Wait+leg.Talk+leg.Hold)),
			touchpoint.Assisted(event.Assisted{Legs: []event.Leg{leg}}))
	}

	// Output:
	// phone ok 3m12s
	//   "orders" answered true: wait 12s, talk 3m0s, hold 0s, wrap 30s: finished
	// phone abandoned 1m35s
	//   "orders" answered false: wait 1m35s, talk 0s, hold 0s, wrap 0s: abandoned
	// phone ok 1m19s
	//   "" answered true: wait 4s, talk 1m0s, hold 15s, wrap 0s: finished
}
