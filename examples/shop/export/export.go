// Package export turns the value of the flag -export KIND:WHERE into one of Cairn's sinks, with the queues around
// it. It does not make the client that sends events to the sink.
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

// ErrTarget is wrapped by the errors of [Parse]. The person who gave the flag has to change it.
var ErrTarget = errors.New("-export")

// Target is one value of -export: a kind of sink and its place.
type Target struct {
	kind  string
	place string // for display, without secrets
	id    string // identifies the target across restarts and changes of its password
	open  opener
}

// Kind returns the sink's kind, such as jsonl.
func (t Target) Kind() string { return t.kind }

// String returns the target for display. It leaves out passwords, and everything of a web address but the host,
// because the path and the query may be secrets.
func (t Target) String() string {
	if t.place == "" {
		return t.kind
	}
	return t.kind + " " + t.place
}

// Command returns a shell command that shows the events of one journey, with %s in place of the journey's ID. It
// returns "" for a sink that no single command can show.
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

// ArchivePath returns the file of an archive in SQLite, or "" for another sink.
func (t Target) ArchivePath() string {
	if t.kind == "sqlite" {
		return t.place
	}
	return ""
}

// Folder returns the name of the target's own folder in the spool directory. The name depends on the target only,
// so it is the same in the next run.
func (t Target) Folder() string {
	sum := sha256.Sum256([]byte(t.id))
	return t.kind + "-" + hex.EncodeToString(sum[:4])
}

// kind is one row of the table of sinks.
type kind struct {
	name  string
	form  string   // the form of the text after the kind
	also  []string // other names that people use for it
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

// Forms returns the accepted forms of a target: "stdout, jsonl:PATH, …".
func Forms() string {
	all := make([]string, 0, len(kinds()))
	for _, k := range kinds() {
		all = append(all, k.name+k.form)
	}
	return strings.Join(all, ", ")
}

// Parse reads KIND:WHERE. It looks at the text only and opens nothing. The error wraps [ErrTarget], says which
// form is accepted, and repeats no secret.
func Parse(text string) (Target, error) {
	name, where, _ := strings.Cut(text, ":")
	all := kinds()
	i := slices.IndexFunc(all, func(k kind) bool { return k.name == name })
	if i < 0 {
		return Target{}, fmt.Errorf("%w %q: unknown kind of sink: want %s%s", ErrTarget, shown(name), Forms(), near(name, all))
	}
	k := all[i]
	if where == "" && k.form != "" {
		return Target{}, fmt.Errorf("%w %s has no place: want %s%s", ErrTarget, name, name, k.form)
	}
	t, err := k.parse(where)
	if err != nil {
		return Target{}, fmt.Errorf("%w %s: %w: want %s%s", ErrTarget, name, err, name, k.form)
	}
	t.kind = name
	t.id = cmp.Or(t.id, where)
	return t, nil
}

// shown bounds how much of an invalid flag an error repeats.
func shown(name string) string {
	const most = 20
	if len(name) > most {
		return name[:most] + "…"
	}
	return name
}

// near suggests the kind that the person probably meant, by its name or another name.
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
		return Target{}, errors.New("stdout has no place: nothing may follow it")
	}
	return Target{open: openStdout, id: "stdout"}, nil
}

func parseFile(open func(path string) opener) func(string) (Target, error) {
	return func(where string) (Target, error) {
		path, err := filepath.Abs(where)
		if err != nil {
			return Target{}, fmt.Errorf("finding the working directory: %w", err)
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
		return nil, errors.New("the place is no http:// or https:// URL with a host") // err would repeat the URL with its secrets
	}
	return u, nil
}

func parsePostgres(where string) (Target, error) {
	if strings.HasPrefix(where, "//") {
		where = "postgres:" + where // people write -export postgres://…
	}
	u, err := url.Parse(where)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return Target{}, errors.New("the place is no URL such as postgres://user@host:5432/database")
	}
	// The query may have a password too, and it may name the folder of the server's socket.
	return Target{open: openPostgres(where), place: u.Host + u.Path, id: u.User.Username() + "@" + u.Host + u.Path + "?" + u.Query().Get("host")}, nil
}

func parseKafka(where string) (Target, error) {
	list, topic, ok := cutLast(strings.TrimPrefix(where, "//"))
	if !ok {
		return Target{}, errors.New("the place names no topic")
	}
	brokers := strings.Split(list, ",")
	for _, b := range brokers {
		if host, port, err := net.SplitHostPort(b); err != nil || host == "" || port == "" {
			return Target{}, fmt.Errorf("the broker %q has not the form host:port", b)
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
		return Target{}, errors.New("the place is not nats://host:4222, a slash and the stream's name")
	}
	if !ok || strings.ContainsAny(stream, " .*>") {
		return Target{}, errors.New("the place names no stream: a stream's name has no dots, spaces, * and >")
	}
	return Target{open: openNATS(server, stream), place: u.Host + "/" + stream, id: withoutPassword(u) + "/" + stream}, nil
}

// cutLast cuts the text at the last slash. It fails if one of the two parts is empty.
func cutLast(where string) (before, after string, ok bool) {
	i := strings.LastIndexByte(where, '/')
	if i <= 0 || i == len(where)-1 {
		return where, "", false
	}
	return where[:i], where[i+1:], true
}

// withoutPassword returns the URL without its password, so that a change of password keeps the identity of the
// target.
func withoutPassword(u *url.URL) string {
	named := *u
	if u.User != nil {
		named.User = url.User(u.User.Username())
	}
	return named.String()
}
