package series

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// spilled returns a series of these many durations, most of which are on disk.
func spilled(t *testing.T, values int) *Series {
	t.Helper()
	spool := NewSpool(t.TempDir(), 1)
	t.Cleanup(func() { _ = spool.Close() })
	s := spool.Series()
	for i := range values {
		s.Add(time.Duration(i))
	}
	if len(s.chunks) == 0 {
		t.Fatal("nothing is on disk")
	}
	return s
}

// TestFaultyDisk: a summary of durations that cannot all be read back, or could not all be kept, is an error, also
// of a series that they were joined to.
func TestFaultyDisk(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		breaks func(t *testing.T, s *Series)
		want   error
		says   string
	}{
		{"the file is empty", func(t *testing.T, s *Series) {
			if err := s.spool.file.Truncate(0); err != nil {
				t.Fatal(err)
			}
		}, io.ErrUnexpectedEOF, "reading durations from disk: "},
		{"the file has lost a byte", func(t *testing.T, s *Series) {
			if err := s.spool.file.Truncate(s.spool.end - 1); err != nil {
				t.Fatal(err)
			}
		}, io.ErrUnexpectedEOF, "reading durations from disk: "},
		{"the spool is closed", func(t *testing.T, s *Series) {
			if err := s.spool.Close(); err != nil {
				t.Fatal(err)
			}
		}, os.ErrInvalid, "reading durations from disk: "},
		{"nothing more can be written", func(t *testing.T, s *Series) {
			if err := s.spool.file.Close(); err != nil {
				t.Fatal(err)
			}
			for range 10_000 {
				s.Add(1)
			}
		}, os.ErrClosed, "set --tmp to a folder with more space"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := spilled(t, 10_000)
			tt.breaks(t, s)
			whole := NewSpool(t.TempDir(), 0).Series()
			whole.Add(1)
			whole.Join(s)
			for name, s := range map[string]*Series{"itself": s, "what it was joined to": whole} {
				got, err := s.Summary()
				if !errors.Is(err, tt.want) || errors.Is(err, io.EOF) || !strings.Contains(err.Error(), tt.says) || got != (Summary{}) {
					t.Errorf("%s: %+v, %v; want no summary and %v, %q", name, got, err, tt.want, tt.says)
				}
			}
		})
	}
}

// TestMemory: 0 is DefaultMemory, within which nothing goes to disk, and with the least memory almost all does.
func TestMemory(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		memory int64
		disk   bool
	}{{-1, false}, {0, false}, {1, true}, {DefaultMemory, false}} {
		spool := NewSpool(filepath.Join(t.TempDir(), "none"), tt.memory) // no folder: what goes to disk is an error
		s := spool.Series()
		for range 10_000 {
			s.Add(1)
		}
		if _, err := s.Summary(); (err != nil) != tt.disk {
			t.Errorf("with %d bytes: %v, want that the disk is used: %v", tt.memory, err, tt.disk)
		}
	}
}
