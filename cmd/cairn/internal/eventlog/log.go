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

	"cairncx.dev/cairn/cx/event"
)

// Config says how logs are read.
type Config struct {
	// Columns of CSV files.
	Columns Columns
	// Delimiter of CSV files, an ASCII character. Default: a comma, and a tab in .tsv.
	Delimiter byte
	// Location of times without an offset. Default: UTC.
	Location *time.Location
	// Until is when the log was cut: a row after it is a bad one. Default: never.
	Until time.Time
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
var ErrNoColumns = errors.New("eventlog: a CSV file needs to be told its columns")

// maxStreams is how many files are merged without being sorted: each has a buffer, and is open.
const maxStreams = 16

// tickEvery is after how many rows somebody looks whether to stop, and progress is told.
const tickEvery = 4096

// Log is one or several event logs as one, in the order of time.
type Log struct {
	cfg      Config
	times    Times
	until    int64
	names    *names
	channels map[string]event.Channel

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
func Open(ctx context.Context, cfg Config, files []string, stdin io.Reader) (*Log, error) {
	if cfg.Memory == 0 {
		cfg.Memory = DefaultMemory
	}
	l := &Log{
		cfg: cfg, times: Times{cfg.Location}, names: newNames(cfg.Activities),
		channels: map[string]event.Channel{}, seed: maphash.MakeSeed(),
	}
	for range max(1, cfg.Readers) {
		l.readers = append(l.readers, &reader{batches: make(chan *batch, queued)})
	}
	l.free = make(chan *batch, (queued+2)*len(l.readers))
	if !cfg.Until.IsZero() {
		l.until = cfg.Until.UnixNano()
	}
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
		in, err := openInput(name, stdin, l.cfg.Delimiter)
		if err != nil {
			return nil, err
		}
		l.inputs = append(l.inputs, in)
		if !in.json && (l.cfg.Columns.Case == "" || l.cfg.Columns.Activity == "" || l.cfg.Columns.Time == "") {
			return nil, fmt.Errorf("%s: %w", in.name, ErrNoColumns)
		}
	}
	ordered, err := l.ordered()
	if err != nil {
		return nil, err
	}
	if !ordered {
		return l.sortAll()
	}
	sources := make([]source, 0, len(l.inputs))
	for _, in := range l.inputs {
		src, err := newCSV(l, in.name, newRecords(in.text, in.comma))
		if err != nil {
			return nil, err
		}
		sources = append(sources, src)
	}
	return newMerge(sources), nil
}

// ordered reports whether all files are CSV files that can be read twice, and are in order. Then
// they are about to be read for the second time.
func (l *Log) ordered() (bool, error) {
	if len(l.inputs) > maxStreams {
		return false, nil
	}
	for _, in := range l.inputs {
		if !in.plain {
			return false, nil
		}
	}
	l.doing = "Looking whether it is in order"
	inOrder := true
	for _, in := range l.inputs {
		size := in.size
		if inOrder {
			var err error
			if inOrder, size, err = l.looksOrdered(in); err != nil {
				return false, err
			}
		} else if _, err := newCSV(l, in.name, newRecords(in.text, in.comma)); err != nil {
			return false, err // a faulty header is told before anything else is done
		}
		if err := in.again(size); err != nil {
			return false, err
		}
	}
	return inOrder, nil
}

// sortAll reads everything.
func (l *Log) sortAll() (source, error) {
	l.doing = "Reading"
	l.sorter = &sorter{memory: max(l.cfg.Memory, MinMemory) / 2, dir: l.cfg.Dir} // the other half is the garbage collector's
	for _, in := range l.inputs {
		src := source(newJSON(l, in.name, in.text))
		if !in.json {
			var err error
			if src, err = newCSV(l, in.name, newRecords(in.text, in.comma)); err != nil {
				return nil, err
			}
		}
		var row Row
		for {
			err := src.next(&row)
			if errors.Is(err, io.EOF) {
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
	l.total = l.sorter.rows
	return l.sorter.sorted(), nil
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

// cut refuses what is after the log's end.
func (l *Log) cut(at int64) error {
	if l.until != 0 && at > l.until {
		return errors.New("it is after --until, when the log was cut")
	}
	return nil
}

// maxSpellings bounds the spellings of channels that are remembered.
const maxSpellings = 10_000

func (l *Log) channel(spelling []byte) event.Channel {
	if c, ok := l.channels[string(spelling)]; ok {
		return c
	}
	c := event.OtherChannel
	if l.cfg.Channel != nil {
		c = l.cfg.Channel(string(spelling))
	}
	if len(l.channels) < maxSpellings {
		l.channels[string(spelling)] = c
	}
	return c
}
