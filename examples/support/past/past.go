// Package past plays some weeks of made-up customers through a client, so that the command centre of the demonstration has a past to show. It calls the
// client as a service does, at times of its own.
//
//   - past.go plays steps in the order of their times
//   - matter.go has what customers want: they try it on the website, and ask for help when it fails
//   - contact.go has their chats and calls
//   - said.go has what they say, and what the company does about it
//   - plant.go has what is wrong, for the reader to find
//
// A seed always gives the same customers. The company and its customers are made up.
package past

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// Config has the settings of [Play]. All are needed.
type Config struct {
	// Blueprint is that of the support example.
	Blueprint *blueprint.Blueprint
	// Client records what happens. Its clock is Now.
	Client *cx.Client
	// Now is the clock of the client, and Advance moves it ahead.
	Now     func() time.Time
	Advance func(time.Duration)
	// Until is the end of the past, which begins Weeks earlier, when the clock of the client is there.
	Until time.Time
	Weeks int
	// Seed chooses the customers.
	Seed uint64
}

// flushEvery is how often the client ends what is over, and sends what it has recorded, so that its queues do not overflow.
const flushEvery = 6 * time.Hour

// ErrBlueprint is in the error of [Play] for a blueprint that lacks a name which the past uses.
var ErrBlueprint = errors.New("past: the blueprint does not fit")

// Play plays the weeks before Until, and returns when the clock is there. What is open then stays open in the client. It needs no goroutine. The customers
// of the days after it are [Past.Days].
func Play(ctx context.Context, cfg Config) (*Past, error) {
	p, err := newPlayer(cx.NewContext(ctx, cfg.Client), cfg)
	if err != nil {
		return nil, err
	}
	p.planned = p.midnight(cfg.Until.AddDate(0, 0, -7*cfg.Weeks))
	p.plan()
	return &Past{p}, p.play(cfg.Until)
}

// Past is what was played, and can go on. Faults may be switched at any time; Days is for one goroutine at a time.
type Past struct{ p *player }

// Days lets so many days pass, with their customers and the faults of now.
func (past *Past) Days(ctx context.Context, n int) error {
	p := past.p
	p.ctx, p.failed = cx.NewContext(ctx, p.Client), nil
	now := p.Now()
	for len(p.steps) > 0 && p.steps[0].at.Before(now) { // what the clock has skipped: its customers do not come, and what had begun goes on
		s := heap.Pop(&p.steps).(step) //nolint:forcetypeassert // the heap has nothing else
		if !s.comes {
			s.do()
		}
	}
	if today := p.midnight(now); p.planned.Before(today) {
		p.planned = today
	}
	return p.play(now.AddDate(0, 0, n))
}

// Fault returns a fault of the made-up company, which can be switched on and off.
func (past *Past) Fault(name string) (on bool) { return past.p.faults.on(name) }

// Switch switches a fault, such as [Silent].
func (past *Past) Switch(name string, on bool) { past.p.faults.turn(name, on) }

// play plays the customers from now until a time.
func (p *player) play(until time.Time) error {
	p.everyone(until)
	for flush := p.Now().Add(flushEvery); flush.Before(until); flush = flush.Add(flushEvery) {
		p.at(flush, p.flush)
	}
	for p.steps.Len() > 0 && p.failed == nil && p.ctx.Err() == nil && p.steps[0].at.Before(until) {
		s := heap.Pop(&p.steps).(step) //nolint:forcetypeassert // the heap has nothing else
		p.pass(s.at)
		s.do()
	}
	p.pass(until)
	p.flush()
	if p.failed == nil && p.ctx.Err() != nil {
		return fmt.Errorf("past: %w", p.ctx.Err())
	}
	return p.failed
}

// player is one past that is being played.
type player struct {
	Config

	ctx    context.Context //nolint:containedctx // steps are functions without arguments
	dice   *rand.Rand
	zone   *time.Location
	hours  *calendar.Hours
	steps  steps
	number int
	// matters and mentions are how many there were.
	matters, mentions int
	failed            error
	planned           time.Time // the beginning of the first day that has no customers yet
	faults            faults

	matter                                      *journey.Definition
	changeAddress, trackOrder, chat, call, post *touchpoint.Definition
	mail                                        *touchpoint.Definition
	help                                        *feedback.Survey
	complaint                                   *feedback.FollowUp
	improvement                                 *feedback.Action
}

func newPlayer(ctx context.Context, cfg Config) (*player, error) {
	p := &player{Config: cfg, ctx: ctx, dice: rand.New(rand.NewPCG(cfg.Seed, 17))} //nolint:gosec // a past repeats
	p.faults.turn(Silent, true)
	b := cfg.Blueprint
	for name, def := range map[string]**touchpoint.Definition{
		"change-address": &p.changeAddress, "track-order": &p.trackOrder, "chat": &p.chat, "call": &p.call, "post": &p.post, "answer-mail": &p.mail,
	} {
		if *def = b.Touchpoint(name); *def == nil {
			return nil, fmt.Errorf("%w: it has no touchpoint %q", ErrBlueprint, name)
		}
	}
	p.matter, p.help, p.complaint, p.improvement = b.Journey("matter"), b.Survey("help"), b.FollowUp("complaint"), b.Action("improvement")
	var known bool
	p.hours, known = b.Calendar("office")
	if p.matter == nil || p.help == nil || p.complaint == nil || p.improvement == nil || !known {
		return nil, fmt.Errorf("%w: it needs the journey matter, the survey help, the follow-up complaint, the action improvement and the hours office", ErrBlueprint)
	}
	var err error
	if p.zone, err = time.LoadLocation(p.hours.Zone()); err != nil {
		return nil, fmt.Errorf("past: %w", err)
	}
	return p, nil
}

// step is something that happens at a time. Steps of one time happen in the order in which they were planned.
type step struct {
	at    time.Time
	n     int
	do    func()
	comes bool // a customer comes
}

type steps []step

// Len implements [heap.Interface].
func (s *steps) Len() int { return len(*s) }

// Less implements [heap.Interface].
func (s *steps) Less(i, j int) bool {
	a, b := (*s)[i], (*s)[j]
	return a.at.Before(b.at) || a.at.Equal(b.at) && a.n < b.n
}

// Swap implements [heap.Interface].
func (s *steps) Swap(i, j int) { (*s)[i], (*s)[j] = (*s)[j], (*s)[i] }

// Push implements [heap.Interface].
func (s *steps) Push(x any) { *s = append(*s, x.(step)) } //nolint:forcetypeassert // the heap has nothing else

// Pop implements [heap.Interface].
func (s *steps) Pop() any {
	last := (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return last
}

// at plans a step.
func (p *player) at(t time.Time, do func()) {
	p.number++
	heap.Push(&p.steps, step{at: t, n: p.number, do: do})
}

// comes plans that a customer comes.
func (p *player) comes(t time.Time, do func()) {
	p.number++
	heap.Push(&p.steps, step{at: t, n: p.number, do: do, comes: true})
}

// midnight returns the beginning of the day.
func (p *player) midnight(t time.Time) time.Time {
	y, m, d := t.In(p.zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, p.zone)
}

// in plans a step that happens so long after now.
func (p *player) in(d time.Duration, do func()) { p.at(p.Now().Add(d), do) }

// pass lets the time pass until t. The clock goes on by itself a little while steps are played.
func (p *player) pass(t time.Time) {
	if d := t.Sub(p.Now()); d > 0 {
		p.Advance(d)
	}
}

// flush ends what is over by now, and sends what was recorded.
func (p *player) flush() {
	if err := p.Client.Flush(p.ctx); err != nil && p.failed == nil {
		p.failed = fmt.Errorf("past: %w", err)
	}
}

// chance reports true with the probability.
func (p *player) chance(probability float64) bool { return p.dice.Float64() < probability }

// between returns a time between the two.
func (p *player) between(least, most time.Duration) time.Duration {
	return least + time.Duration(p.dice.Int64N(int64(most-least)))
}

// about returns a time of an exponential distribution with that mean, at most eight times as long.
func (p *player) about(mean time.Duration) time.Duration {
	return time.Duration(min(p.dice.ExpFloat64(), 8) * float64(mean))
}

// one returns one of the list.
func one[T any](p *player, list ...T) T { return list[p.dice.IntN(len(list))] }

// office returns the first moment from t on at which the office is open: a little later than its opening, because people are busy then.
func (p *player) office(t time.Time) time.Time {
	t = t.In(p.zone)
	for range 8 {
		begin := time.Date(t.Year(), t.Month(), t.Day(), opens, 0, 0, 0, p.zone)
		end := time.Date(t.Year(), t.Month(), t.Day(), closes, 0, 0, 0, p.zone)
		switch weekend := t.Weekday() == time.Saturday || t.Weekday() == time.Sunday; {
		case !weekend && t.Before(begin):
			return begin.Add(p.between(0, time.Hour))
		case !weekend && t.Before(end):
			return t
		}
		t = time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, p.zone)
	}
	return t
}

// opens and closes are the hours at which the office opens and closes.
const opens, closes = 8, 18
