package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"sync"
	"testing"
	"time"
)

// BenchmarkReplay replays a million rows of CSV, in the order of time and case by case. It compares the time
// with that of encoding/csv and time.Parse for the same file, measured immediately before.
func BenchmarkReplay(b *testing.B) {
	const rows = 1_000_000
	for _, order := range []string{"by time", "by case"} {
		b.Run(order, func(b *testing.B) {
			file := filepath.Join(b.TempDir(), "log.csv")
			if err := os.WriteFile(file, syntheticLog(rows, order == "by case"), 0o600); err != nil {
				b.Fatal(err)
			}
			var parsing, replaying time.Duration
			var peak uint64
			for b.Loop() {
				parsing += floor(b, file, rows)
				debug.FreeOSMemory() // exclude the memory that made the log
				began := time.Now()
				peak = max(peak, heapPeak(func() {
					var stdout, stderr bytes.Buffer
					code := replay(context.Background(), &env{stdout: &stdout, stderr: &stderr}, []string{
						"--blueprint", "testdata/replay/permit.yaml", "--json",
						"--map", "case=case,activity=activity,time=time,channel=channel", file,
					})
					if code != exitOK || !bytes.Contains(stdout.Bytes(), []byte(`"events": 1000000,`)) {
						b.Fatalf("exit code %d, %s", code, stderr.String())
					}
				}))
				replaying += time.Since(began)
			}
			b.ReportMetric(float64(replaying)/float64(parsing), "×floor")
			b.ReportMetric(float64(replaying.Nanoseconds())/float64(b.N)/rows, "ns/row")
			b.ReportMetric(float64(parsing.Nanoseconds())/float64(b.N)/rows, "floor-ns/row")
			b.ReportMetric(float64(peak)/(1<<20), "MiB-peak")
		})
	}
}

// floor reads the file with the standard library alone.
func floor(b *testing.B, file string, rows int) time.Duration {
	began := time.Now()
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
	return time.Since(began)
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

// syntheticSteps are the activities of most requests in the permit log, in order.
var syntheticSteps = []string{
	"Confirmation of receipt", "T02 Check confirmation of receipt", "T04 Determine confirmation of receipt",
	"T05 Print and send confirmation of receipt", "T06 Determine necessity of stop advice",
	"T10 Determine necessity to stop indication",
}

// syntheticLog returns a log in the shape of the permit log. Each call returns the same log.
func syntheticLog(rows int, byCase bool) []byte {
	type row struct {
		at   int64 // milliseconds
		c, i int
	}
	rng := rand.New(rand.NewPCG(1, 2))
	channels := []string{"Internet", "Internet", "Internet", "Internet", "Desk", "Post", "e-mail"}
	all := make([]row, rows)
	for i := range all {
		c := i / len(syntheticSteps)
		at := 1_286_000_000_000 + int64(c)*37_000 + rng.Int64N(1000)
		if i%len(syntheticSteps) > 0 {
			at = all[i-1].at + rng.Int64N(2*24*3600*1000)
		}
		all[i] = row{at, c, i % len(syntheticSteps)}
	}
	if !byCase {
		slices.SortFunc(all, func(a, b row) int { return int(a.at - b.at) })
	}
	var out bytes.Buffer
	out.WriteString("case,activity,time,channel,group,resource\n")
	for _, r := range all {
		at := time.UnixMilli(r.at).In(time.FixedZone("", 2*3600)).Format("2006-01-02 15:04:05.000000Z07:00")
		fmt.Fprintf(&out, "case-%d,%s,%s,%s,Group %d,Resource%d\n", 10000+r.c, syntheticSteps[r.i], at, channels[r.c%len(channels)], r.c%7, r.c%40)
	}
	return out.Bytes()
}
