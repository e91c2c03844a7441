package eventlog

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/text/unicode/norm"

	"cairncx.dev/cairn/cx/event"
)

// Config says how logs are read.
type Config struct {
	// Columns of CSV files.
	Columns Columns
	// Delimiter of CSV files, an ASCII character. Default: the one of comma, semicolon, tab and | with
	// which the header has the columns.
	Delimiter byte
	// Location of times without an offset. Default: UTC.
	Location *time.Location
	// TimeFormat says how the times of CSV files are written: a row whose time is written otherwise is
	// a bad one. Default: the one form that fits the whole column. A log with a column that several
	// forms fit, or none, is refused.
	TimeFormat *TimeFormat
	// Encoding of the files. Default: UTF-8.
	Encoding *Encoding
	// Activities that are known: they are told apart however many others there are.
	Activities []string
	// Channel says what is meant by a spelling. It is not called again soon for the same one.
	// Default: every spelling is event.OtherChannel.
	Channel func(spelling string) event.Channel
	// Bad is told of every row that is skipped. An error stops reading with that error. It is
	// called by one goroutine at a time, which may be another than those that call Next.
	// Default: nobody is told.
	Bad func(file string, line int, err error) error
	// Check is asked about every row that could be read, with the name of its activity where it is a
	// row of CSV: an error makes it a bad one. It is called by one goroutine at a time. Default: every
	// row is good.
	Check func(row *Row, activity string) error
	// Progress is told now and then, by Open, what it does, and how much of how much is done, in
	// bytes; total is 0 where nobody knows. Default: nobody is told.
	Progress func(doing string, done, total int64)
	// Readers is how many goroutines call Next: all rows of a case go to one of them. Default: 1.
	Readers int
	// Memory is about what reading may use, in bytes, at least MinMemory. Default: DefaultMemory.
	Memory int64
	// Dir is the folder of temporary files. Default: os.TempDir.
	Dir string
}

// Bounds of Config.Memory, in bytes.
const (
	MinMemory     = 1 << 20
	DefaultMemory = 256 << 20
)

// ErrNoColumns is the error of a CSV file for which Config does not say the columns.
var ErrNoColumns = errors.New("a CSV file needs to be told its columns")

// maxStreams is how many files are merged without being sorted: each has a buffer, and is open.
const maxStreams = 16

// tickEvery is after how many rows somebody looks whether to stop, and progress is told.
const tickEvery = 4096

// Log is one or several event logs as one, in the order of time.
type Log struct {
	cfg      Config
	names    *names
	channels map[string]event.Channel
	texts    texts
	counts   counts
	read     []Input // of inputs, when they are closed

	inputs []*input
	sorter *sorter
	total  int64 // rows, where they have been sorted

	ctx   context.Context //nolint:containedctx // that of Open, for the goroutine, which Close ends
	rows  int
	doing string

	stop    context.CancelFunc
	seed    maphash.Seed
	readers []*reader
	free    chan *batch
	given   atomic.Int64 // rows that Next has returned, but for the last ones
	ended   sync.WaitGroup
}

// Open opens the files, [Stdin] for the standard input, and brings their rows into order as far
// as that is needed. It reads them wholly unless they are CSV files in order. One goroutine reads
// until [Log.Close].
//
// Behind the last row, what was read is compared with what there is: Next returns an error, and not
// io.EOF, where a file was not read to its end, has grown or shrunk, or was changed, and where not all
// rows came back that were sorted on disk.
func Open(ctx context.Context, cfg Config, files []string, stdin io.Reader) (*Log, error) {
	if cfg.Memory == 0 {
		cfg.Memory = DefaultMemory
	}
	l := &Log{
		cfg: cfg, names: newNames(cfg.Activities),
		channels: map[string]event.Channel{}, seed: maphash.MakeSeed(),
	}
	for range max(1, cfg.Readers) {
		l.readers = append(l.readers, &reader{batches: make(chan *batch, queued)})
	}
	l.free = make(chan *batch, (queued+2)*len(l.readers))
	l.ctx, l.stop = context.WithCancel(ctx)
	src, err := l.open(files, stdin)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	l.doing = ""
	l.ended.Go(func() { l.pump(src) })
	return l, nil
}

func (l *Log) open(files []string, stdin io.Reader) (source, error) {
	for _, name := range files {
		in, err := openInput(&l.cfg, name, stdin)
		if err != nil {
			return nil, err
		}
		l.inputs = append(l.inputs, in)
		if in.json {
			in.tape.stop()
		} else if l.cfg.Columns.Case == "" || l.cfg.Columns.Activity == "" || l.cfg.Columns.Time == "" {
			return nil, fmt.Errorf("%s: %w", in.name, ErrNoColumns)
		}
	}
	ordered, err := l.survey()
	if err != nil {
		return nil, err
	}
	if !ordered {
		return l.sortAll()
	}
	sources := make([]source, 0, len(l.inputs))
	for _, in := range l.inputs {
		src, err := newCSV(l, in)
		if err != nil {
			return nil, err
		}
		sources = append(sources, src)
	}
	return newMerge(sources), nil
}

// survey finds out how the times of all files are written, and whether the files can be read twice and
// are in order. Then all that are of CSV are about to be read for the second time.
func (l *Log) survey() (ordered bool, err error) {
	l.doing = "Looking whether it is in order"
	ordered = len(l.inputs) <= maxStreams
	for _, in := range l.inputs {
		ordered = ordered && in.plain
	}
	formOnly := !ordered
	for _, in := range l.inputs {
		if in.json {
			continue
		}
		if err := l.look(in, formOnly); err != nil {
			return false, err
		}
		// Others need not be looked through when one is out of order.
		formOnly = formOnly || !in.survey.whole
	}
	if err := l.decide(); err != nil {
		return false, err
	}
	for _, in := range l.inputs {
		if in.json {
			continue
		}
		ordered = ordered && in.survey.whole && !in.survey.order[in.form].broken
		if err := in.again(); err != nil {
			return false, err
		}
	}
	return ordered, nil
}

// sortAll reads everything.
func (l *Log) sortAll() (source, error) {
	l.doing = "Reading"
	l.sorter = &sorter{memory: max(l.cfg.Memory, MinMemory) / 2, dir: l.cfg.Dir} // the other half is the garbage collector's
	for _, in := range l.inputs {
		src := source(newJSON(l, in))
		if !in.json {
			var err error
			if src, err = newCSV(l, in); err != nil {
				return nil, err
			}
		}
		var row Row
		for {
			err := src.next(&row)
			if err == io.EOF { //nolint:errorlint // an error that only wraps it is not the end
				break
			}
			if err == nil {
				if err = l.tick(); err == nil {
					err = l.sorter.add(&row)
				}
			}
			if err != nil {
				return nil, err
			}
		}
	}
	if err := l.texts.fault(); err != nil {
		return nil, err
	}
	l.total = l.sorter.rows
	return l.sorter.sorted(), nil
}

// timeReader returns one for one goroutine.
func (l *Log) timeReader() timeReader {
	return timeReader{zone: zone{loc: l.cfg.Location}, format: l.cfg.TimeFormat}
}

// tick is called for every row that is read.
func (l *Log) tick() error {
	if l.rows++; l.rows%tickEvery != 0 {
		return nil
	}
	return l.pause()
}

// pause looks whether to stop, and tells how far it is.
func (l *Log) pause() error {
	if err := l.stopped(); err != nil {
		return err
	}
	if l.cfg.Progress != nil && l.doing != "" {
		done, total := l.bytes()
		l.cfg.Progress(l.doing, done, total)
	}
	return nil
}

// bytes returns how much has been read, and of how much, 0 where nobody knows.
func (l *Log) bytes() (done, total int64) {
	known := true
	for _, in := range l.inputs {
		done += in.read.Load()
		total += in.size
		known = known && in.size > 0
	}
	if !known {
		total = 0
	}
	return done, total
}

// Done returns how much of the log Next has returned, and of how much, in a unit of its own;
// total is 0 where nobody knows.
func (l *Log) Done() (done, total int64) {
	if l.sorter != nil {
		return l.given.Load(), l.total
	}
	return l.bytes()
}

// Activity returns the name of the activity with this number, event.Other of those that were too
// many to be told apart. It may be called concurrently.
func (l *Log) Activity(number int) string { return l.names.name(number) }

// bad reports a row that is skipped.
func (l *Log) bad(file string, line int, err error) error {
	if l.cfg.Bad == nil {
		return nil
	}
	return l.cfg.Bad(file, line, err)
}

// maxSpellings bounds the spellings of channels that are remembered.
const maxSpellings = 10_000

func (l *Log) channel(spelling []byte) event.Channel {
	if c, ok := l.channels[string(spelling)]; ok {
		return c
	}
	c := event.OtherChannel
	if l.cfg.Channel != nil {
		c = l.cfg.Channel(norm.NFC.String(string(spelling))) // as a blueprint has it
	}
	if len(l.channels) < maxSpellings {
		l.channels[string(spelling)] = c
	}
	return c
}
