package otlplog

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// TestLooksOnceAMinute: "It looks once a minute; in between it says what it has found", and an answer makes it
// forget that.
func TestLooksOnceAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		looks := 0
		transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			looks++
			return nil, errors.New("there is no port")
		}}
		var p probe
		look := func(want int, when string) {
			t.Helper()
			if p.look(t.Context(), transport, "http://collector.test:4317") {
				t.Errorf("%s: a port that is not there speaks HTTP/2", when)
			}
			if looks != want {
				t.Errorf("%s: it has looked %d times, want %d", when, looks, want)
			}
		}
		look(1, "at first")
		look(1, "at once")
		time.Sleep(time.Minute - 1) // the bubble's clock
		look(1, "a nanosecond before the minute is over")
		time.Sleep(1)
		look(2, "after a minute")
		time.Sleep(time.Minute - 1)
		look(2, "a nanosecond before the next one is over")
		p.clear()
		look(3, "after an answer")
	})
}
