package exporters_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/sink"
)

// unwell is a spool on a disk of the test's, whose calls that begin with the text fail so many times.
type unwell struct {
	*exporters.Spool

	disk *handles
	sink *fake
	left int    // failures to come
	does string // the calls that fail
	err  error
	when []time.Time // of those that failed
}

// fails has the next calls of that kind fail.
func (u *unwell) fails(times int, does string, err error) {
	u.disk.model.Mu.Lock()
	defer u.disk.model.Mu.Unlock()
	u.left, u.does, u.err, u.when = times, does, err, nil
}

// failures returns when the calls have failed.
func (u *unwell) failures() []time.Time {
	u.disk.model.Mu.Lock()
	defer u.disk.model.Mu.Unlock()
	return slices.Clone(u.when)
}

// newUnwell makes the spool, in a bubble. Its segments are of 8 KiB.
func newUnwell(t *testing.T, opts ...exporters.SpoolOption) *unwell {
	t.Helper()
	u := &unwell{disk: &handles{model: newModel()}, sink: &fake{}}
	fail := func(does string) error {
		if u.left > 0 && strings.HasPrefix(does, u.does) {
			u.left--
			u.when = append(u.when, time.Now())
			return u.err
		}
		return nil
	}
	u.disk.fail = func(_ int, does string) error { return fail(does) }
	u.disk.toRead = func() error {
		u.disk.model.Mu.Lock()
		defer u.disk.model.Mu.Unlock()
		return fail("open to read")
	}
	s, err := exporters.NewSpool("spool", u.sink, append([]exporters.SpoolOption{
		exporters.WithBackoff(time.Second, time.Second), exporters.WithMaxBytes(64 << 10),
		exporters.WithDisk(func(string) (exporters.Disk, error) { return u.disk, nil }),
	}, opts...)...)
	must(t, err)
	t.Cleanup(func() { _ = s.Shutdown(background) }) // where the test has not come to its end
	u.Spool = s
	return u
}

// end drains and shuts down, and looks at the files.
func (u *unwell) end(t *testing.T) {
	t.Helper()
	must(t, u.Drain(t.Context()))
	must(t, u.Shutdown(t.Context()))
	if open := u.disk.open(); len(open) > 0 {
		t.Errorf("after Shutdown these files are open: %q", open)
	}
	if bad := u.disk.misused(); len(bad) > 0 {
		t.Errorf("files were misused: %q", bad)
	}
}

var errDisk = errors.New("the disk is not well")

// TestSpoolSyncFails: what the disk has of a file whose sync failed is not known, and the next sync may
// succeed without having written it. Export says that the batch is not taken, and nothing more is written to
// that file.
func TestSpoolSyncFails(t *testing.T) {
	for _, before := range []int{0, 1, 3} { // batches that the file has
		t.Run(fmt.Sprint(before, " batches before"), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				u := newUnwell(t)
				for i := range before {
					must(t, u.Export(t.Context(), spooled(i, i+1, 100)))
				}
				synctest.Wait()
				u.sink.mu.Lock()
				u.sink.export = func(context.Context, []event.Event) error { return errSink } // so that the segment is kept
				u.sink.mu.Unlock()
				must(t, u.Export(t.Context(), spooled(before, before+1, 100)))
				lost := spooled(100, 101, 100)
				u.fails(1, "sync 0", errDisk)
				if err := u.Export(t.Context(), lost); !errors.Is(err, errDisk) || !strings.Contains(err.Error(), "sync") || sink.IsPermanent(err) {
					t.Fatalf("Export says %v", err)
				}
				if err := u.Flush(t.Context()); !errors.Is(err, errDisk) {
					t.Errorf("Flush says %v, and a batch was not taken", err)
				}
				if st := u.Stats(); st.Refused != 1 || st.Waiting != 1 {
					t.Errorf("%+v, want one refused and one waiting", st)
				}
				must(t, u.Export(t.Context(), lost))
				must(t, u.Export(t.Context(), spooled(101, 102, 100)))
				u.sink.mu.Lock()
				u.sink.export = nil
				u.sink.mu.Unlock()
				u.end(t)
				same(t, u.sink.got(), append(numbered(0, before+1), "100", "101"), "what was not taken came again")
			})
		})
	}
}

// TestSpoolWritesFail: Export takes nothing while the disk fails a call that it needs, and says so.
func TestSpoolWritesFail(t *testing.T) {
	for _, does := range []string{"sync 0", "write 0", "sync folder", "open 0", "look for the folder"} {
		t.Run(does, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				u := newUnwell(t)
				must(t, u.Export(t.Context(), spooled(0, 10, 600)))
				must(t, u.Drain(t.Context()))
				refused := 0
				for i := 1; i <= 10; i++ {
					es := spooled(i*10, i*10+10, 600)
					if i%3 == 0 {
						u.fails(1000, does, errDisk) // all of this call's, if it makes any
					}
					err := u.Export(t.Context(), es)
					if failed := len(u.failures()); failed > 0 && err == nil && does != "open 0" { // which sweeping also does
						t.Errorf("batch %d was taken although %d calls of the disk have failed", i, failed)
					}
					u.fails(0, "", nil)
					if err != nil {
						if refused++; !errors.Is(err, errDisk) {
							t.Errorf("Export says %v, not what the disk says", err)
						}
						must(t, u.Export(t.Context(), es))
					}
					must(t, u.Flush(t.Context()))
					must(t, u.Drain(t.Context())) // so that there is room
				}
				if refused == 0 {
					t.Error("this test would find nothing: no batch was refused")
				}
				u.end(t)
				same(t, u.sink.got(), numbered(0, 110), "each batch was taken in the end")
			})
		})
	}
}

// TestSpoolClosesSegments: a spool that has written many segments has only those open that it writes and reads.
func TestSpoolClosesSegments(t *testing.T) {
	bubble(t, func(t *testing.T) {
		u := newUnwell(t)
		for i := range 40 {
			must(t, u.Export(t.Context(), spooled(i*10, i*10+10, 600)))
			must(t, u.Drain(t.Context()))
			if open := u.disk.open(); len(open) > 3 {
				t.Fatalf("after %d segments these files are open, want the segment that is written, the one that is read, and the cursor: %q", i+1, open)
			}
		}
		segments := map[string]bool{}
		for _, f := range u.disk.files {
			if strings.HasSuffix(f.name, ".events1") {
				segments[f.name] = true
			}
		}
		if len(segments) < 30 {
			t.Fatalf("this test would find nothing: there were %d segments", len(segments))
		}
		if st := u.Stats(); st.Bytes > 16<<10 {
			t.Errorf("%d bytes are kept of what is delivered", st.Bytes)
		}
		u.end(t)
		same(t, u.sink.got(), numbered(0, 400), "in order")
	})
}

// TestSpoolWaitsToRead: a segment that cannot be read for now is tried again after the pause, which grows, and
// begins anew once something was delivered.
func TestSpoolWaitsToRead(t *testing.T) {
	for _, does := range []string{"open to read", "read 0"} {
		t.Run(does, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				const most = 16 * time.Second
				u := newUnwell(t, exporters.WithBackoff(time.Second, most))
				for round := range 2 {
					u.fails(0, "", nil)
					must(t, u.Export(t.Context(), spooled(round*20, round*20+20, 600)))
					must(t, u.Drain(t.Context()))
				}
				u.fails(8, does, errDisk)
				must(t, u.Export(t.Context(), spooled(40, 50, 600)))
				start := time.Now()
				must(t, u.Drain(t.Context()))
				at := u.failures()
				if len(at) != 8 {
					t.Fatalf("%d calls have failed, want 8", len(at))
				}
				var gaps []time.Duration
				for i := range at[1:] {
					gaps = append(gaps, at[i+1].Sub(at[i]))
				}
				for i, gap := range gaps { // of a pause a backoff is the half more or less
					want := min(time.Second<<i, most)
					if gap < want/2 || gap > want*3/2 {
						t.Errorf("pause %d is %v, want about %v: %v", i+1, gap, want, gaps)
					}
				}
				if took := time.Since(start); took < 20*time.Second {
					t.Errorf("it was delivered after %v", took)
				}
				u.end(t)
				same(t, u.sink.got(), numbered(0, 50), "nothing is lost")
				if st := u.Stats(); st.Damaged != 0 || st.Dropped != 0 {
					t.Errorf("%+v", st)
				}
			})
		})
	}
}

// TestSpoolCursorSynced: a second after the last delivery a power cut makes no duplicates.
func TestSpoolCursorSynced(t *testing.T) {
	for _, c := range []struct {
		name  string
		after time.Duration
		again int
	}{{"at once", 0, 12}, {"after more than a second", 1100 * time.Millisecond, 0}} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				u := newUnwell(t)
				must(t, u.Export(t.Context(), spooled(0, 12, 100)))
				must(t, u.Drain(t.Context()))
				time.Sleep(c.after)
				synctest.Wait()
				after := u.disk.after(power)
				var again fake
				s, err := onDisk(after, &again)
				must(t, err)
				must(t, s.Drain(t.Context()))
				must(t, s.Shutdown(t.Context()))
				if n := len(again.got()); n != c.again || s.Stats().Damaged != 0 {
					t.Errorf("%d events are delivered again, want %d; %+v", n, c.again, s.Stats())
				}
				u.end(t)
			})
		})
	}
}

// TestSpoolCursorFails: what is delivered is delivered, whatever becomes of the cursor. It is told, and the
// next call makes a new file.
func TestSpoolCursorFails(t *testing.T) {
	for _, does := range []string{"write cursor", "sync cursor", "open cursor.new", "write cursor.new", "sync cursor.new", "rename cursor.new"} {
		t.Run(does, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				errCursor := errors.New("no call " + does + " goes well")
				told := reported(errCursor.Error())
				u := newUnwell(t)
				must(t, u.Export(t.Context(), spooled(0, 2, 100)))
				must(t, u.Drain(t.Context()))
				time.Sleep(2 * time.Second) // it is synced
				if strings.Contains(does, "new") {
					u.fails(1, "write cursor", errDisk) // so that a new one is made
					must(t, u.Export(t.Context(), spooled(2, 3, 100)))
				}
				u.fails(1, does, errCursor)
				must(t, u.Export(t.Context(), spooled(3, 4, 100)))
				must(t, u.Drain(t.Context()))
				time.Sleep(2 * time.Second)
				synctest.Wait()
				if len(u.failures()) != 1 || reported(errCursor.Error()) != told+1 {
					t.Errorf("%d calls have failed, and %d were told", len(u.failures()), reported(errCursor.Error())-told)
				}
				must(t, u.Export(t.Context(), spooled(4, 6, 100)))
				must(t, u.Drain(t.Context()))
				time.Sleep(2 * time.Second)
				synctest.Wait()
				var again fake
				s, err := onDisk(u.disk.after(power), &again)
				must(t, err)
				must(t, s.Drain(t.Context()))
				must(t, s.Shutdown(t.Context()))
				if n := len(again.got()); n != 0 || s.Stats().Damaged != 0 {
					t.Errorf("after a power cut %d events are delivered again; %+v", n, s.Stats())
				}
				u.end(t)
			})
		})
	}
}

// TestSpoolCannotStart: NewSpool says which call of the disk failed, gives back what it has opened, and goes
// well the next time.
func TestSpoolCannotStart(t *testing.T) {
	for _, does := range []string{"lock", "open cursor", "read cursor", "open 0", "read 0", "open cursor.new", "write cursor.new", "sync cursor.new", "rename cursor.new", "sync folder", "truncate 0"} {
		t.Run(does, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				was := newUnwell(t)
				was.sink.export = func(context.Context, []event.Event) error { return errSink }
				must(t, was.Export(t.Context(), spooled(0, 6, 100)))
				must(t, was.Shutdown(t.Context()))
				m := was.disk.after(kill)
				for _, name := range m.Names() {
					if strings.HasSuffix(name, ".events1") && does != "sync folder" { // a torn end, whose copy syncs the folder too
						m.Append(name, "torn")
					}
				}
				if strings.Contains(does, "new") || does == "sync folder" {
					m.Delete("cursor") // so that one is made
				}
				disk := &handles{model: m}
				failed := 0
				m.fail = func(_ int, call string) error {
					if strings.HasPrefix(call, does) && failed == 0 {
						failed++
						return errDisk
					}
					return nil
				}
				open := exporters.WithDisk(func(string) (exporters.Disk, error) { return disk, nil })
				if _, err := exporters.NewSpool("spool", &fake{}, open); !errors.Is(err, errDisk) {
					t.Fatalf("NewSpool says %v, and the disk %v: %q", err, errDisk, m.trace)
				}
				if names := disk.open(); len(names) > 0 || m.locked {
					t.Errorf("it left open %q, locked %v", names, m.locked)
				}
				var got fake
				s, err := exporters.NewSpool("spool", &got, open)
				must(t, err)
				must(t, s.Drain(t.Context()))
				must(t, s.Shutdown(t.Context()))
				same(t, got.got(), numbered(0, 6), "they were left")
				if names := disk.open(); len(names) > 0 || len(disk.misused()) > 0 {
					t.Errorf("after Shutdown these files are open: %q; misused: %q", names, disk.misused())
				}
			})
		})
	}
}

// TestSpoolDeadLettersFail: a dead letter whose file cannot be written to is counted as lost, and the rest goes on.
func TestSpoolDeadLettersFail(t *testing.T) {
	for _, does := range []string{"open dead", "write dead", "sync dead", "sync folder"} {
		t.Run(does, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				u := newUnwell(t)
				u.sink.export = func(_ context.Context, es []event.Event) error {
					if es[0].Touchpoint == "0" {
						return sink.Permanent(errSink)
					}
					return nil
				}
				u.sink.mu.Lock() // the delivery waits until the calls fail
				must(t, u.Export(t.Context(), spooled(0, 1, 10)))
				u.fails(1, does, errDisk)
				u.sink.mu.Unlock()
				must(t, u.Drain(t.Context()))
				if st := u.Stats(); len(u.failures()) != 1 || st.DeadLetters != 1 || st.Dropped != 1 {
					t.Errorf("%d calls have failed, %+v: want one dead letter, lost", len(u.failures()), st)
				}
				must(t, u.Export(t.Context(), spooled(1, 2, 10)))
				u.end(t)
				same(t, u.sink.got(), []string{"1"}, "the rest goes on")
			})
		})
	}
}
