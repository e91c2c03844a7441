package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

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
