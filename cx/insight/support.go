package insight

import (
	"context"
	"encoding/binary"
	"hash/fnv"
	"time"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/smallgroup"
)

// Support has the numbers of contacts with people: by queue, by interval of the clock, and by what employees decided. The definitions are those of
// package assist, which names their sources; the numbers are equal to those of a client's metrics and of the archive's queries.
type Support struct {
	Basis

	// All is all queues together. Each leg counts by the service level of its own queue in the blueprint.
	All QueueNumbers `json:"all"`
	// Queues are in the order of their names. "" are contacts without a queue.
	Queues []QueueNumbers `json:"queues"`
	// Rows are what came to a queue in half an hour, in the order of time, then of the queues' names: see [assist.Table]. Beyond is how
	// many legs have no row, because there are more than [assist.MaxRows].
	Rows   []QueueRow `json:"half_hours"`
	Beyond int        `json:"beyond,omitempty"`
	// Contacts are whole contacts.
	Contacts assist.Contacts `json:"contacts"`
	// Claimed is the share of the contacts that ended as resolved, as the employee or the customer claimed, in those with a claim.
	Claimed    score.Share `json:"claimed_resolved,omitzero"`
	Resolution Resolution  `json:"resolution"`
	// Decisions are what employees decided for customers, the most frequent first.
	Decisions []Decided `json:"decisions"`
}

// QueueNumbers are the numbers of a queue. A hidden one has a name alone. A time is 0 if those who waited so long, or were served so long, are fewer than five customers.
type QueueNumbers struct {
	Queue  string `json:"queue"`
	Hidden bool   `json:"hidden,omitempty"`
	assist.Numbers

	// Level is the share of the counted legs that met the service level: see [assist.Level.Judge].
	Level score.Share `json:"service_level,omitzero"`
	// Left is the share of the queued legs that the customer left: see [assist.Numbers.Abandonment].
	Left score.Share `json:"abandonment,omitzero"`
	// Speed is the mean wait of the answered, Handle the mean of talk, hold and wrap. They are 0 if there was none: see Answered and Handled.
	Speed  time.Duration `json:"speed_of_answer_ns"`
	Handle time.Duration `json:"handle_time_ns"`
	// PassedOn is the share of the handled legs that were passed on.
	PassedOn score.Share `json:"transfer_share,omitzero"`
}

// QueueRow is what came to a queue in one interval of the clock.
type QueueRow struct {
	Begin time.Time `json:"begin"`
	End   time.Time `json:"end"`
	QueueNumbers
}

// Support answers how contacts with people went, by queue, half hour and decision. It needs the right [Numbers].
//
// A contact counts if it began in the period of the question; By has no effect. Half hours follow the clock of the zone of [Which.From], else of
// [Which.Until], else UTC. Queues and half hours with fewer than five customers are hidden, and with them the next smallest ones of all queues, or of
// the half hours of the queue: they would follow from [Support.All], or from the numbers of the queue. If there are two queues, both are hidden.
//
// It reads the contacts of the period from the source, as whole events, and, if no client has told efforts, the touchpoints that failed. It needs about a kilobyte of memory for each row, and about 100 bytes for
// each contact whose customer and intent are known, if no client has told efforts.
func (v *View) Support(ctx context.Context, w Which) (Support, error) {
	c, err := v.choose(ctx, "Support", &w, nil)
	if err != nil {
		return Support{}, err
	}
	levels := v.table.blueprint.Levels()
	table, err := assist.NewTable(assist.HalfHour, c.zone, levels)
	if err != nil {
		return Support{}, err
	}
	s := &supporting{
		c: c, levels: levels, tally: assist.NewTally(levels), table: table, names: map[string]struct{}{},
		queues: map[string]*comers{}, rows: map[string]map[string]*comers{}, decisions: map[string]*decisions{},
	}
	if err := s.resolved.told(ctx, c); err != nil {
		return Support{}, err
	}
	if err := c.readOf(ctx, event.Query{Contacts: true}, s.take); err != nil {
		return Support{}, err
	}
	if !s.resolved.said { // else the client has said what failed before
		if err := c.readOf(ctx, event.Query{Kinds: []event.Kind{event.TouchpointEnded}, Outcomes: []event.Outcome{event.Failed}}, s.takeAlone); err != nil {
			return Support{}, err
		}
	}
	return s.support(), nil
}

// supporting collects contacts.
type supporting struct {
	c         *chooser
	levels    map[string]assist.Level
	tally     *assist.Tally
	table     *assist.Table
	names     map[string]struct{} // of the queues, as the tally and the table know them
	people    smallgroup.People
	queues    map[string]*comers
	rows      map[string]map[string]*comers // by queue and the beginning of the interval
	claimers  smallgroup.Crowd              // who had a contact with a claim
	all       comers
	resolved  resolving
	decisions map[string]*decisions
}

// takeAlone takes a touchpoint that failed, if a customer was alone with it.
func (s *supporting) takeAlone(e *event.Event) error {
	if !failedAlone(e) {
		return nil
	}
	about, err := s.c.of(e.Journey.Ref(), e.Customer.Segment)
	if err == nil && about.chosen {
		s.resolved.add(e)
	}
	return err
}

// take takes a contact.
func (s *supporting) take(e *event.Event) error {
	if e.Assisted == nil {
		return nil // the source gives more than it was asked for
	}
	about, err := s.c.of(e.Journey.Ref(), e.Customer.Segment)
	if err != nil || !about.chosen {
		return err
	}
	s.resolved.add(e)
	a := e.Assisted
	who := caller(e)
	meet(&s.people, who)
	for i := range a.Legs {
		leg, level := &a.Legs[i], s.levels[a.Legs[i].Queue]
		s.came(e.Time.Add(time.Duration(leg.Start)), leg.Queue, who, func(c *comers) { c.leg(leg, level, who) })
	}
	if a.Thread != nil {
		s.came(e.Time, assist.QueueOf(a), who, func(c *comers) { c.thread(a.Thread, who) })
	}
	if a.Claimed != event.NotSaid {
		s.claimers.Add(who)
	}
	s.tally.Add(e)
	s.table.Add(e)
	for i := range a.Decisions {
		s.decide(&a.Decisions[i], a.Claimed, who)
	}
	return nil
}

// comers are the customers who came to a queue, and those of them whose legs counted for the service level, were in the queue and not left at once, were answered from
// the queue, were left, and were handled. The last two had a first reply in an exchange of messages, and a further one.
type comers struct {
	people                                      smallgroup.People
	judged, offered, answered, gaveUp, attended smallgroup.Crowd
	replied, again                              smallgroup.Crowd
}

// came notes that the customer came to the queue at that time, and how.
func (s *supporting) came(at time.Time, queue string, who uint64, how func(*comers)) {
	if _, ok := s.names[queue]; !ok && len(s.names) >= assist.MaxQueues {
		queue = event.Other
	}
	s.names[queue] = struct{}{}
	if s.queues[queue] == nil {
		s.queues[queue], s.rows[queue] = &comers{}, map[string]*comers{}
	}
	begin, _ := s.table.Interval(at)
	row := begin.UTC().Format(time.RFC3339)
	if s.rows[queue][row] == nil {
		s.rows[queue][row] = &comers{}
	}
	for _, c := range []*comers{&s.all, s.queues[queue], s.rows[queue][row]} {
		meet(&c.people, who)
		how(c)
	}
}

func (c *comers) leg(leg *event.Leg, level assist.Level, who uint64) {
	if counted, _ := level.Judge(leg); counted {
		c.judged.Add(who)
	}
	if leg.Queued && !leg.Bot && !level.Short(leg) {
		c.offered.Add(who)
	}
	switch assist.EndOf(leg) { //nolint:exhaustive // no time is that of the others
	case assist.Answered:
		c.answered.Add(who)
	case assist.Abandoned:
		if !level.Short(leg) {
			c.gaveUp.Add(who)
		}
	}
	if _, handled := assist.HandleTime(leg); handled {
		c.attended.Add(who)
	}
}

func (c *comers) thread(t *event.Thread, who uint64) {
	if _, ok := assist.FirstReply(t); ok {
		c.replied.Add(who)
	}
	if len(assist.NextReplies(t)) > 0 {
		c.again.Add(who)
	}
}

// hide returns which groups are hidden.
func hide(groups map[string]*comers) map[string]bool {
	people := map[string]*smallgroup.People{}
	for name, c := range groups {
		people[name] = &c.people
	}
	return smallgroup.Hide(people)
}

// meet adds a customer to a group of which only smallness counts.
func meet(p *smallgroup.People, who uint64) {
	if p.Size() < 2*smallgroup.Min {
		p.Add(who)
	}
}

// caller returns a number for the customer of the contact. A contact of a customer who is not known is one customer, however many legs it has.
func caller(e *event.Event) uint64 {
	if who := person(e); who != 0 {
		return who
	}
	h := fnv.New64a()
	_, _ = h.Write(e.ID[:])
	_, _ = h.Write(binary.LittleEndian.AppendUint64(nil, uint64(e.Time.UnixMicro())))
	return max(1, h.Sum64())
}

// support returns the answer.
func (s *supporting) support() Support {
	a := Support{Basis: s.c.basis, Queues: []QueueNumbers{}, Rows: []QueueRow{}, Decisions: []Decided{}}
	if a.Hidden = smallgroup.Small(s.people.Size()); a.Hidden {
		a.Runs = 0
		return a
	}
	confidence := s.c.v.table.confidence
	a.All = numbersOf("", s.tally.All(), &s.all, confidence)
	a.Contacts, a.Beyond = s.tally.Contacts(), s.table.Beyond()
	a.Claimed = shareOf(&s.claimers, int64(a.Contacts.Resolved), int64(a.Contacts.Resolved+a.Contacts.Unresolved), confidence)
	a.Resolution = s.resolved.resolution(s.c, confidence)
	hidden := hide(s.queues)
	for _, queue := range s.tally.Queues() {
		if hidden[queue] {
			a.Queues = append(a.Queues, QueueNumbers{Queue: queue, Hidden: true})
			continue
		}
		a.Queues = append(a.Queues, numbersOf(queue, s.tally.Queue(queue), s.queues[queue], confidence))
	}
	rows := map[string]map[string]bool{}
	for queue, of := range s.rows {
		rows[queue] = hide(of)
	}
	for _, r := range s.table.Rows() {
		row := QueueRow{Begin: r.Begin, End: r.End, QueueNumbers: QueueNumbers{Queue: r.Queue, Hidden: true}}
		if begin := r.Begin.UTC().Format(time.RFC3339); !hidden[r.Queue] && !rows[r.Queue][begin] {
			row.QueueNumbers = numbersOf(r.Queue, r.Numbers, s.rows[r.Queue][begin], confidence)
		}
		a.Rows = append(a.Rows, row)
	}
	a.Decisions = s.decided(confidence)
	return a
}

func numbersOf(queue string, n assist.Numbers, of *comers, confidence float64) QueueNumbers {
	q := QueueNumbers{
		Queue: queue, Numbers: n, Level: shareOf(&of.judged, int64(n.Good), int64(n.Counted), confidence),
		Left:     shareOf(&of.offered, int64(n.Abandoned), int64(n.Queued-n.ShortAbandons), confidence),
		PassedOn: shareOf(&of.attended, int64(n.Transfers), int64(n.Handled), confidence),
	}
	of.hideTimes(&q.Numbers)
	q.Speed, _ = q.SpeedOfAnswer()
	q.Handle, _ = q.HandleTime()
	return q
}

// hideTimes takes away the times of fewer than five customers.
func (c *comers) hideTimes(n *assist.Numbers) {
	if c.answered.Few() {
		n.Waited, n.Longest = 0, 0
	}
	if c.gaveUp.Few() {
		n.Lost = 0
	}
	if c.attended.Few() {
		n.Talk, n.Hold, n.Wrap = 0, 0, 0
	}
	if c.replied.Few() {
		n.FirstReplies.After, n.FirstReplies.Open = 0, 0
	}
	if c.again.Few() {
		n.NextReplies.After, n.NextReplies.Open = 0, 0
	}
}
