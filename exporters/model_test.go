package exporters_test

import (
	"io/fs"
	"path/filepath"

	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/internal/fakedisk"
)

// The ends of a process or a machine.
const (
	kill   = fakedisk.Kill
	power  = fakedisk.Power
	zeroed = fakedisk.Zeroed
)

var errCrash = fakedisk.ErrCrash

// model is the folder of a spool on a disk in memory.
type model struct {
	*fakedisk.Disk

	calls  int // that change something, or open or read
	fail   func(call int, what string) error
	trace  []string
	locked bool
}

func newModel() *model { return modelOn(fakedisk.New()) }

func modelOn(d *fakedisk.Disk) *model {
	m := &model{Disk: d}
	d.Call = func(does, name string) error {
		if does == "look at" || does == "list" || does == "stat" {
			return nil
		}
		if name != "" {
			does += " " + filepath.Base(name)
		}
		return m.call(does)
	}
	return m
}

// after returns the folder as it is after the end.
func (m *model) after(c fakedisk.Cut) *model { return modelOn(m.After(c)) }

// call notes a call, and says whether it fails.
func (m *model) call(what string) error {
	m.calls++
	m.trace = append(m.trace, what)
	if m.fail == nil {
		return nil
	}
	return m.fail(m.calls, what)
}

func (m *model) Open(name string, flag int) (exporters.DiskFile, error) {
	f, err := m.Disk.Open(name, flag)
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (m *model) List() ([]fs.DirEntry, error) { return m.Disk.List(".") }
func (m *model) SyncFolder() error            { return m.Disk.SyncFolder("folder") }
func (m *model) Path() string                 { return "/var/spool/shop" }
func (m *model) Close() error                 { return nil }

func (m *model) Present() error {
	m.Mu.Lock()
	defer m.Mu.Unlock()
	return m.Step("look for", "the folder")
}

func (m *model) Lock() (unlock func() error, err error) {
	m.Mu.Lock()
	defer m.Mu.Unlock()
	if err := m.Step("lock", ""); err != nil {
		return nil, err
	}
	if m.locked {
		return nil, exporters.ErrSpoolLocked
	}
	m.locked = true
	return func() error {
		m.Mu.Lock()
		defer m.Mu.Unlock()
		m.locked = false
		return nil
	}, nil
}
