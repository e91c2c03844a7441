//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// BenchmarkReplay compares a replay with encoding/csv and time.Parse, which read the same file. Each iteration runs
// both sides, in alternating order. The results are medians: of the ratio of the wall times, and of the ratio of
// the CPU times of the process. The log has 100,000 rows, in the order of time or case by case. The environment
// variable CAIRN_BENCH_ROWS sets another number:
//
//	CAIRN_BENCH_ROWS=1000000 go test -run '^$' -bench Replay -benchtime 7x
func BenchmarkReplay(b *testing.B) {
	rows := 100_000
	if text := os.Getenv("CAIRN_BENCH_ROWS"); text != "" {
		var err error
		if rows, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	for _, order := range []string{"by time", "by case"} {
		b.Run(order, func(b *testing.B) {
			file := filepath.Join(b.TempDir(), "log.csv")
			if err := os.WriteFile(file, syntheticLog(rows, order == "by case"), 0o600); err != nil {
				b.Fatal(err)
			}
			sides := []func(){func() { floor(b, file, rows) }, func() { replayWhole(b, file, rows) }}
			var wall, cpu [2][]float64 // nanoseconds a row
			for pair := 0; b.Loop(); pair++ {
				for i := range sides {
					i = (i + pair) % 2
					debug.FreeOSMemory() // each side pays for its own memory
					began, used := time.Now(), cpuTime(b)
					sides[i]()
					cpu[i] = append(cpu[i], float64(cpuTime(b)-used)/float64(rows))
					wall[i] = append(wall[i], float64(time.Since(began))/float64(rows))
				}
			}
			b.ReportMetric(medianRatio(wall[1], wall[0]), "×wall")
			b.ReportMetric(medianRatio(cpu[1], cpu[0]), "×CPU")
			b.ReportMetric(median(cpu[1]), "CPU-ns/row")
			b.ReportMetric(median(cpu[0]), "floor-CPU-ns/row")
			b.ReportMetric(0, "ns/op") // the time of both sides says nothing
			debug.FreeOSMemory()
			b.ReportMetric(float64(heapPeak(func() { replayWhole(b, file, rows) }))/(1<<20), "MiB-peak")
		})
	}
}

// replayWhole replays the file and checks that no row was left out.
func replayWhole(b *testing.B, file string, rows int) {
	b.Helper()
	var stdout, stderr bytes.Buffer
	code := replay(context.Background(), &env{stdout: &stdout, stderr: &stderr}, []string{
		"--blueprint", "testdata/replay/permit.yaml", "--json",
		"--map", "case=case,activity=activity,time=time,channel=channel", file,
	})
	if code != exitOK || !bytes.Contains(stdout.Bytes(), fmt.Appendf(nil, `"events": %d,`, rows)) {
		b.Fatalf("exit code %d, %s", code, stderr.String())
	}
}

// cpuTime returns the CPU time of this process.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// medianRatio returns the median of a[i]/b[i].
func medianRatio(a, b []float64) float64 {
	ratios := make([]float64, len(a))
	for i := range a {
		ratios[i] = a[i] / b[i]
	}
	return median(ratios)
}

func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

// floor reads the file with the standard library alone.
func floor(b *testing.B, file string, rows int) {
	b.Helper()
	f, err := os.Open(file)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	r := csv.NewReader(f)
	r.ReuseRecord = true
	n := 0
	for header := true; ; header = false {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			b.Fatal(err)
		}
		if header {
			continue
		}
		if _, err := time.Parse("2006-01-02 15:04:05.999999999Z07:00", record[2]); err != nil {
			b.Fatal(err)
		}
		n++
	}
	if n != rows {
		b.Fatal(n)
	}
}

// heapPeak runs f and returns the maximum size of the heap, which it samples while f runs.
func heapPeak(f func()) (peak uint64) {
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}}
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			metrics.Read(sample)
			peak = max(peak, sample[0].Value.Uint64()+sample[1].Value.Uint64())
			select {
			case <-stop:
				return
			case <-tick.C:
			}
		}
	})
	f()
	close(stop)
	wg.Wait()
	return peak
}
