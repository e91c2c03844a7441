//go:build unix

package insight

import (
	"fmt"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
)

// took is what something took by the clock, and of this process's processors. A server's own work is no part of the latter.
type took struct{ wall, cpu time.Duration }

// String implements [fmt.Stringer].
func (t took) String() string {
	return fmt.Sprintf("%v (%v CPU)", t.wall.Round(time.Millisecond), t.cpu.Round(time.Millisecond))
}

type spent []took

func timed(b *testing.B, f func() error) took {
	b.Helper()
	start, used := time.Now(), cpu(b)
	if err := f(); err != nil {
		b.Fatal(err)
	}
	return took{time.Since(start), cpu(b) - used}
}

// middle returns the medians.
func (s spent) middle() took {
	of := func(get func(took) time.Duration) time.Duration {
		var list []time.Duration
		for _, t := range s {
			list = append(list, get(t))
		}
		slices.Sort(list)
		return list[len(list)/2]
	}
	return took{of(func(t took) time.Duration { return t.wall }), of(func(t took) time.Duration { return t.cpu })}
}

// inUse returns the bytes of the heap that are in use.
func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func usage(b *testing.B) (u syscall.Rusage) {
	b.Helper()
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u
}

// cpu returns the time that the processors have worked for this process. peak is the most memory that it has had, in bytes on Linux.
func cpu(b *testing.B) time.Duration {
	u := usage(b)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func peak(b *testing.B) int64 { return usage(b).Maxrss * 1024 }
