// Package export is where the shop's events end up besides OpenTelemetry: it makes of -export KIND:WHERE
// one of Cairn's sinks, with what belongs around it. The client that fills it is not made here.
package export

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/blueprint"
)

// ErrTarget is wrapped by the errors of [Parse]: the flag has to be another one.
var ErrTarget = errors.New("-export")

// Target is one value of -export: a kind of sink, and where it is.
type Target struct {
	kind  string
	place string // for people, without what is secret
	id    string // what tells it from others, over restarts and changed passwords
	open  opener
}

// Kind returns the sink's kind, such as jsonl.
func (t Target) Kind() string { return t.kind }

// String returns the target for people: without passwords, and of a web address no more than the host,
// for path and query may be secrets.
func (t Target) String() string {
	if t.place == "" {
		return t.kind
	}
	return t.kind + " " + t.place
}

// Command returns a command that shows the events of one journey, with %s for its ID, or "" for a sink
// that no single command shows.
func (t Target) Command() string {
	switch t.kind {
	case "jsonl":
		return `jq -c 'select(.journey.id == "%s")' ` + t.place
	case "sqlite":
		return "sqlite3 " + t.place + ` "SELECT time, kind, stage FROM events WHERE run = '%s' ORDER BY time"`
	default:
		return ""
	}
}

// Folder returns the name of the target's own folder in a spool's directory. It is the same in the
// next run, whatever else is exported to then.
func (t Target) Folder() string {
	sum := sha256.Sum256([]byte(t.id))
	return t.kind + "-" + hex.EncodeToString(sum[:4])
}

// kind is one row of the table of sinks.
type kind struct {
	name  string
	form  string   // of what follows the name
	also  []string // what else people call it
	parse func(where string) (Target, error)
}

// kinds is the table of sinks.
func kinds() []kind {
	return []kind{
		{"stdout", "", []string{"console", "-"}, parseStdout},
		{"jsonl", ":PATH", []string{"json", "file"}, parseFile(openJSONL)},
		{"webhook", ":URL", []string{"http", "https", "cloudevents"}, parseWebhook},
		{"sqlite", ":PATH", []string{"sqlite3", "db"}, parseFile(openSQLite)},
		{"postgres", ":URL", []string{"postgresql", "pg"}, parsePostgres},
		{"kafka", ":BROKERS/TOPIC", nil, parseKafka},
		{"nats", ":URL/STREAM", []string{"jetstream"}, parseNATS},
		{"otlplog", ":URL", []string{"otlp", "otel", "collector"}, parseOTLP},
	}
}

// Forms returns what a target can look like: "stdout, jsonl:PATH, …".
func Forms() string {
	all := make([]string, 0, len(kinds()))
	for _, k := range kinds() {
		all = append(all, k.name+k.form)
	}
	return strings.Join(all, ", ")
}

// Parse reads KIND:WHERE. It looks at nothing but the text. The error wraps [ErrTarget] and says what to
// write instead; it does not repeat what may be secret.
func Parse(text string) (Target, error) {
	name, where, _ := strings.Cut(text, ":")
	all := kinds()
	i := slices.IndexFunc(all, func(k kind) bool { return k.name == name })
	if i < 0 {
		return Target{}, fmt.Errorf("%w %q: there is no such kind of sink: want %s%s", ErrTarget, shown(name), Forms(), near(name, all))
	}
	k := all[i]
	if where == "" && k.form != "" {
		return Target{}, fmt.Errorf("%w %s says no place: want %s%s", ErrTarget, name, name, k.form)
	}
	t, err := k.parse(where)
	if err != nil {
		return Target{}, fmt.Errorf("%w %s: %w: want %s%s", ErrTarget, name, err, name, k.form)
	}
	t.kind = name
	t.id = cmp.Or(t.id, where)
	return t, nil
}

// shown bounds what is repeated of a flag that was something else.
func shown(name string) string {
	const most = 20
	if len(name) > most {
		return name[:most] + "…"
	}
	return name
}

// near suggests the kind that was probably meant, by its name or another name for it.
func near(name string, all []kind) string {
	var known []string
	means := map[string]kind{}
	for _, k := range all {
		for _, n := range append([]string{k.name}, k.also...) {
			known, means[n] = append(known, n), k
		}
	}
	k, ok := means[blueprint.Suggest(name, known)]
	if !ok {
		return ""
	}
	return fmt.Sprintf(": did you mean %q?", k.name+k.form)
}

func parseStdout(where string) (Target, error) {
	if where != "" {
		return Target{}, errors.New("nothing may follow it")
	}
	return Target{open: openStdout, id: "stdout"}, nil
}

func parseFile(open func(path string) opener) func(string) (Target, error) {
	return func(where string) (Target, error) {
		path, err := filepath.Abs(where)
		if err != nil {
			return Target{}, fmt.Errorf("where is this process: %w", err)
		}
		return Target{open: open(path), place: where, id: path}, nil
	}
}

func parseWebhook(where string) (Target, error) {
	u, err := webAddress(where)
	if err != nil {
		return Target{}, err
	}
	return Target{open: openWebhook(where), place: u.Scheme + "://" + u.Host, id: withoutPassword(u)}, nil
}

func parseOTLP(where string) (Target, error) {
	u, err := webAddress(where)
	if err != nil {
		return Target{}, err
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/v1/logs" // as OTEL_EXPORTER_OTLP_ENDPOINT has it
	}
	return Target{open: openOTLP(u.String()), place: u.Scheme + "://" + u.Host, id: withoutPassword(u)}, nil
}

func webAddress(where string) (*url.URL, error) {
	u, err := url.Parse(where)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, errors.New("that is no http:// or https:// URL with a host") // which would be in err
	}
	return u, nil
}

func parsePostgres(where string) (Target, error) {
	if strings.HasPrefix(where, "//") {
		where = "postgres:" + where // -export postgres://… is what people write
	}
	u, err := url.Parse(where)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return Target{}, errors.New("that is no URL such as postgres://user@host:5432/database")
	}
	// In a query there may be a password too, and a folder with the server's socket.
	return Target{open: openPostgres(where), place: u.Host + u.Path, id: u.User.Username() + "@" + u.Host + u.Path + "?" + u.Query().Get("host")}, nil
}

func parseKafka(where string) (Target, error) {
	list, topic, ok := cutLast(strings.TrimPrefix(where, "//"))
	if !ok {
		return Target{}, errors.New("that names no topic")
	}
	brokers := strings.Split(list, ",")
	for _, b := range brokers {
		if host, port, err := net.SplitHostPort(b); err != nil || host == "" || port == "" {
			return Target{}, fmt.Errorf("the broker %q is no host:port", b)
		}
	}
	return Target{open: openKafka(brokers, topic), place: list + "/" + topic}, nil
}

func parseNATS(where string) (Target, error) {
	if strings.HasPrefix(where, "//") {
		where = "nats:" + where
	}
	server, stream, ok := cutLast(where)
	u, err := url.Parse(server)
	if err != nil || !slices.Contains([]string{"nats", "tls", "ws", "wss"}, u.Scheme) || u.Host == "" {
		return Target{}, errors.New("that is no URL such as nats://host:4222, a slash and the stream's name")
	}
	if !ok || strings.ContainsAny(stream, " .*>") {
		return Target{}, errors.New("that names no stream, which has no dots, spaces, * and >")
	}
	return Target{open: openNATS(server, stream), place: u.Host + "/" + stream, id: withoutPassword(u) + "/" + stream}, nil
}

// cutLast cuts at the last slash; both parts have to be something.
func cutLast(where string) (before, after string, ok bool) {
	i := strings.LastIndexByte(where, '/')
	if i <= 0 || i == len(where)-1 {
		return where, "", false
	}
	return where[:i], where[i+1:], true
}

// withoutPassword returns what names the place: a password that changes leads to the same one.
func withoutPassword(u *url.URL) string {
	named := *u
	if u.User != nil {
		named.User = url.User(u.User.Username())
	}
	return named.String()
}
