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

// Config configures the reading of logs.
type Config struct {
	// Columns are the columns of CSV files.
	Columns Columns
	// Delimiter is the delimiter of CSV files, an ASCII character. Default: the one of comma, semicolon, tab
	// and | with which the header has the columns.
	Delimiter byte
	// Location is the zone of times without an offset. Default: UTC.
	Location *time.Location
	// TimeFormat is the format of the times of CSV files. Rows in another format are rejected. Default: the one
	// format that fits the whole column; Open returns an error if no format or more than one fits.
	TimeFormat *TimeFormat
	// Encoding is the encoding of the files. Default: UTF-8.
	Encoding *Encoding
	// Activities are the known activities. The log always numbers them separately, however many other activities there are.
	Activities []string
	// Channel returns the channel that a spelling stands for. The log caches the result for each spelling.
	// Default: every spelling is event.OtherChannel.
	Channel func(spelling string) event.Channel
	// Bad is called for every row that is skipped. If it returns an error, reading stops with that error. One
	// goroutine at a time calls it, and that goroutine may differ from those that call Next. Default: skipped
	// rows are not reported.
	Bad func(file string, line int, err error) error
	// Check is called for every row that could be read, with the name of its activity if it is a CSV row. If it
	// returns an error, the row is skipped. One goroutine at a time calls it. Default: every row is good.
	Check func(row *Row, activity string) error
	// Progress is called by Open from time to time with the current activity and the number of bytes that are
	// done, out of total. total is 0 if it is unknown. Default: progress is not reported.
	Progress func(doing string, done, total int64)
	// Places says that the rows have the index of their file and their line. Default: they have not.
	Places bool
	// Readers is the number of goroutines that call Next. All rows of a case go to one of them. Default: 1.
	Readers int
	// Memory is the approximate memory for reading in bytes, at least MinMemory. Default: DefaultMemory.
	Memory int64
	// Dir is the folder for temporary files. Default: os.TempDir.
	Dir string
	// Converted are inputs that are read from readers, by the names of their files: lines of JSON that a program makes of other formats.
	// Encoding does not apply to them. Default: none.
	Converted map[string]io.Reader
}

// Bounds of Config.Memory, in bytes.
const (
	MinMemory     = 1 << 20
	DefaultMemory = 256 << 20
)

// ErrNoColumns is the error of a CSV file if Config does not name its columns.
var ErrNoColumns = errors.New("the columns of a CSV file are not set")

// maxStreams is the maximum number of files that are merged without sorting. Each of them is open and has a
// buffer.
const maxStreams = 16

// tickEvery is the number of rows after which reading checks for cancellation and reports progress.
const tickEvery = 4096

// Log presents one or several event logs as one, in the order of time.
type Log struct {
	cfg      Config
	names    *names
	channels map[string]event.Channel
	texts    texts
	counts   counts
	read     []Input // statistics of the inputs after Close

	inputs []*input
	sorter *sorter
	total  int64 // the number of rows, if they were sorted

	ctx   context.Context //nolint:containedctx // the context of Open, for the goroutine that Close ends
	rows  int
	doing string

	stop    context.CancelFunc
	seed    maphash.Seed
	readers []*reader
	free    chan *batch
	given   atomic.Int64 // rows that Next has returned, without the current batches
	ended   sync.WaitGroup
}

// Open opens the files, with [Stdin] for the standard input, and sorts their rows if they are not in order. It reads the files
// completely unless they are CSV files in order. One goroutine reads until [Log.Close].
//
// After the last row, Open's goroutine compares the rows that it read with the files. Next then returns an error in place of
// io.EOF if a file was not read to its end or has changed, or if not all sorted rows came back from disk.
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
	for i, name := range files {
		in, err := openInput(&l.cfg, name, stdin)
		if err != nil {
			return nil, err
		}
		in.index = i
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

// survey detects the time format of all files, and whether the files can be read twice and are in order. After
// it, all CSV files are at their beginning again.
func (l *Log) survey() (ordered bool, err error) {
	l.doing = "Checking the order of the rows"
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
		// If one file is out of order, all files are sorted, and the others need no check.
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

// sortAll reads and sorts all rows.
func (l *Log) sortAll() (source, error) {
	l.doing = "Reading"
	l.sorter = &sorter{memory: max(l.cfg.Memory, MinMemory) / 2, dir: l.cfg.Dir} // the garbage collector needs the other half
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
			if err == io.EOF { //nolint:errorlint // an error that wraps io.EOF is not the end
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

// timeReader returns a new time reader for one goroutine.
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

// pause returns an error if reading has to stop, and reports progress.
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

// bytes returns the number of bytes that have been read and the total, which is 0 if it is unknown.
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

// Done returns how much of the log Next has returned, and the total, both in bytes or both in rows. The total
// is 0 if it is unknown.
func (l *Log) Done() (done, total int64) {
	if l.sorter != nil {
		return l.given.Load(), l.total
	}
	return l.bytes()
}

// Activity returns the name of the activity with this number, or event.Other for the activities beyond the
// maximum. It is safe for concurrent use.
func (l *Log) Activity(number int) string { return l.names.name(number) }

// place sets where the row is, if that is wanted.
func (l *Log) place(row *Row, in *input, line int) {
	if l.cfg.Places {
		row.File, row.Line = in.index, line
	}
}

// bad reports a row that is skipped.
func (l *Log) bad(file string, line int, err error) error {
	if l.cfg.Bad == nil {
		return nil
	}
	return l.cfg.Bad(file, line, err)
}

// maxSpellings is the maximum number of channel spellings that the log caches.
const maxSpellings = 10_000

func (l *Log) channel(spelling []byte) event.Channel {
	if c, ok := l.channels[string(spelling)]; ok {
		return c
	}
	c := event.OtherChannel
	if l.cfg.Channel != nil {
		c = l.cfg.Channel(norm.NFC.String(string(spelling))) // blueprints use normal form C
	}
	if len(l.channels) < maxSpellings {
		l.channels[string(spelling)] = c
	}
	return c
}
