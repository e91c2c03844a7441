package redis_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"

	goredis "github.com/redis/go-redis/v9"

	"cairncx.dev/cairn/cx/stores/redis"
	"cairncx.dev/cairn/internal/loopback"
)

// A fake is a server that speaks Redis' protocol and answers what a test says: what a real server answers only after
// another program has written to its keys, and what something between the client and the server makes of an answer.
// internal/e2e/stores has the tests with real servers.
type fake struct {
	t      *testing.T
	answer func(asked) any

	mu  sync.Mutex
	all []asked
}

// asked is a command, which is a call of a script but for HGETALL.
type asked struct {
	name       string   // in capitals
	script     string   // its hash, or its source
	keys, args []string // of the script
}

// is reports which script it is: write, clock (a write of nothing), claim, forget, hold; or the command's name.
func (a *asked) is() string {
	switch {
	case a.name != "EVALSHA" && a.name != "EVAL":
		return a.name
	case len(a.keys) == 1 && strings.HasSuffix(a.keys[0], ":due"):
		return "claim"
	case len(a.keys) == 1:
		return "hold"
	case len(a.keys) > 3:
		return "write"
	case len(a.args) == 1:
		return "clock"
	default:
		return "forget"
	}
}

// partition is the one that the script is run in, by the last letter of the hash tag of its first key.
func (a *asked) partition() int {
	n, err := strconv.ParseInt(a.keys[0][strings.Index(a.keys[0], "}")-1:strings.Index(a.keys[0], "}")], 16, 32)
	if err != nil {
		return -1
	}
	return int(n)
}

// startFake returns a server that answers by the function, and a store on it.
func startFake(t *testing.T, answer func(asked) any) (*fake, *redis.Store) {
	t.Helper()
	f := &fake{t: t, answer: answer}
	// The client's own retries are on: the store keeps its calls from them.
	client := goredis.NewClient(&goredis.Options{Addr: loopback.Serve(t, f.serve), Protocol: 2})
	t.Cleanup(func() { _ = client.Close() })
	s, err := redis.New(client)
	if err != nil {
		t.Fatal(err)
	}
	return f, s
}

// took returns the calls since it was called before.
func (f *fake) took() []asked {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := f.all
	f.all = nil
	return all
}

// count returns how often each script was run since took was called.
func (f *fake) count() map[string]int {
	n := map[string]int{}
	for _, a := range f.took() {
		n[a.is()]++
	}
	return n
}

func (f *fake) serve(conn net.Conn) {
	r := bufio.NewReader(conn)
	for {
		words, err := command(r)
		if err != nil {
			return // the client has gone
		}
		var b []byte
		switch name := strings.ToUpper(words[0]); name {
		case "HELLO":
			b = encode(nil, errors.New("ERR unknown command 'HELLO'"))
		case "CLIENT":
			b = encode(nil, "OK")
		default:
			a := asked{name: name, keys: words[1:]}
			if name == "EVALSHA" || name == "EVAL" {
				n, _ := strconv.Atoi(words[2])
				a.script, a.keys, a.args = words[1], words[3:3+n], words[3+n:]
			}
			f.mu.Lock()
			f.all = append(f.all, a)
			answer := f.answer(a)
			f.mu.Unlock()
			if answer == cut {
				return
			}
			b = encode(nil, answer)
		}
		if _, err := conn.Write(b); err != nil {
			return
		}
	}
}

// command reads an array of texts.
func command(r *bufio.Reader) ([]string, error) {
	number := func(kind byte) (int, error) {
		line, err := r.ReadString('\n')
		if err != nil {
			return 0, err
		}
		if line[0] != kind {
			return 0, fmt.Errorf("%q, want %c", line, kind)
		}
		return strconv.Atoi(strings.TrimSpace(line[1:]))
	}
	n, err := number('*')
	if err != nil {
		return nil, err
	}
	words := make([]string, n)
	for i := range words {
		size, err := number('$')
		if err != nil {
			return nil, err
		}
		b := make([]byte, size+2)
		if _, err := io.ReadFull(r, b); err != nil {
			return nil, err
		}
		words[i] = string(b[:size])
	}
	return words, nil
}

// encode writes an answer: nothing, a number, a text, a list or an error.
func encode(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "$-1\r\n"...)
	case int:
		return fmt.Appendf(b, ":%d\r\n", v)
	case string:
		return fmt.Appendf(b, "$%d\r\n%s\r\n", len(v), v)
	case error:
		return fmt.Appendf(b, "-%s\r\n", v)
	case []any:
		b = fmt.Appendf(b, "*%d\r\n", len(v))
		for _, e := range v {
			b = encode(b, e)
		}
		return b
	default:
		return fmt.Appendf(b, "-ERR the fake does not know %T\r\n", v)
	}
}

// cut is no answer: the connection is cut.
const cut = "\x00 cut"

// list is an answer that is one.
func list(of ...any) []any { return of }

// nothing are n records that were not there.
func nothing(n int) []any { return make([]any, n) }
