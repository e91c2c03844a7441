package assist

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// HalfHour is the usual width of the intervals of a [Table].
const HalfHour = 30 * time.Minute

// MaxRows is how many rows a [Table] has at most. Legs of further intervals are counted by [Table.Beyond] alone.
const MaxRows = 100_000

// Table adds legs up by queue and interval of the clock. A leg counts, with all that became of it, in the interval in which it came to the
// queue, so that a contact across midnight, or one with two legs, is in the interval of each leg's beginning. Make it with [NewTable]. It
// is not safe for concurrent use.
type Table struct {
	width  time.Duration
	zone   *time.Location
	levels map[string]Level
	rows   map[cell]*Row
	names  map[string]struct{} // of the queues that have a row
	beyond int
}

type cell struct {
	begin int64
	queue string
}

// Row is what came to one queue in one interval.
type Row struct {
	// Begin and End are the interval in the table's zone: Begin belongs to it, and End to the next one.
	Begin, End time.Time
	Queue      string
	Numbers
}

// NewTable returns an empty table. The width divides a day evenly, such as [HalfHour]; intervals begin at midnight of the zone and follow
// its clock. When the clock is put back, the intervals of the repeated hour are there twice, told apart by their offsets. A nil zone is
// UTC. The levels are those of [NewTally].
func NewTable(width time.Duration, zone *time.Location, levels map[string]Level) (*Table, error) {
	const day = 24 * time.Hour
	if width < time.Minute || width > day || day%width != 0 || width%time.Minute != 0 {
		return nil, fmt.Errorf("assist: the intervals of a table are %v long: give whole minutes that divide a day, such as %v", width, HalfHour)
	}
	if zone == nil {
		zone = time.UTC
	}
	return &Table{width: width, zone: zone, levels: levels, rows: map[cell]*Row{}, names: map[string]struct{}{}}, nil
}

// Add counts the legs of the event if it is a contact: see [Tally.Add]. Replies of threads count in the interval in which the thread began.
func (t *Table) Add(e *event.Event) {
	a := contact(e)
	if a == nil {
		return
	}
	for i := range a.Legs {
		leg := &a.Legs[i]
		if n := t.at(e.Time.Add(time.Duration(leg.Start)), leg.Queue); n != nil {
			n.add(t.levels[leg.Queue], leg)
		}
	}
	if a.Thread != nil {
		if n := t.at(e.Time, QueueOf(a)); n != nil {
			n.thread(a.Thread)
		}
	}
}

// at returns the numbers of the queue in the interval, or nil if there is no room.
func (t *Table) at(when time.Time, queue string) *Numbers {
	queue = known(t.names, queue)
	begin := t.begin(when)
	at := cell{begin.Unix(), queue}
	r := t.rows[at]
	if r == nil {
		if len(t.rows) >= MaxRows {
			t.beyond++
			return nil
		}
		queue = strings.Clone(queue) // the table keeps nothing of the event
		t.names[queue] = struct{}{}
		at.queue = queue
		r = &Row{Begin: begin, End: t.end(begin), Queue: queue}
		t.rows[at] = r
	}
	return &r.Numbers
}

// Interval returns the interval of the table that has the moment: it begins at begin, and end belongs to the next one.
func (t *Table) Interval(when time.Time) (begin, end time.Time) {
	begin = t.begin(when)
	return begin, t.end(begin)
}

// into returns how many seconds after a multiple of the width the clock of the moment's zone shows.
func (t *Table) into(local time.Time) int64 {
	_, offset := local.Zone()
	width := int64(t.width / time.Second)
	return ((local.Unix()+int64(offset))%width + width) % width
}

// begin returns the beginning of the interval that has the moment.
func (t *Table) begin(when time.Time) time.Time {
	local := when.In(t.zone)
	began := time.Unix(local.Unix()-t.into(local), 0).In(t.zone)
	if from, _ := local.ZoneBounds(); !from.IsZero() && began.Before(from) {
		return from // the clock was put forward or back within the interval
	}
	return began
}

// end returns the end of the interval that begins at that moment.
func (t *Table) end(begin time.Time) time.Time {
	end := time.Unix(begin.Unix()-t.into(begin)+int64(t.width/time.Second), 0).In(t.zone)
	if _, until := begin.ZoneBounds(); !until.IsZero() && until.Before(end) {
		return until.In(t.zone)
	}
	return end
}

// Rows returns the rows in the order of time, and within an interval in that of the queues' names. An interval in which nothing came to a
// queue has no row.
func (t *Table) Rows() []Row {
	rows := make([]Row, 0, len(t.rows))
	for _, r := range t.rows {
		rows = append(rows, *r)
	}
	slices.SortFunc(rows, func(a, b Row) int {
		return cmp.Or(a.Begin.Compare(b.Begin), cmp.Compare(a.Queue, b.Queue))
	})
	return rows
}

// Beyond returns how many legs and threads had no room: see [MaxRows].
func (t *Table) Beyond() int { return t.beyond }
