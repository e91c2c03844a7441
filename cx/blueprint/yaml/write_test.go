package yaml_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/yaml"
)

// TestWrite: Parse reads what Write wrote as the same blueprint, whatever the texts are.
func TestWrite(t *testing.T) {
	t.Parallel()
	roundTrip(t, shop)
	roundTrip(t, &blueprint.Blueprint{Version: 1})
	for _, text := range []string{
		"true", "null", "~", "no", "1", "1.5", "0x1f", "1e3", ".inf", ".nan", "2026-04-17", "12:30", "=", "<<", "-", "- a", "?", "? a", ":", "a: b", "a:", ":a",
		"#", "a # b", "a #", "'", `"`, `\`, `\n`, "'a'", `"a"`, "&a", "*a", "!a", "!!str a", "%a", "@a", "`a", "|", ">", "[a]", "{a}", "[", "]", "{", "}", ",", "a, b", "---", "...", "--- a",
		" a", "a ", " ", "ä", "日本", "🙂", "a\u00a0b", "{{ x }}", "${x}", strings.Repeat("long ", 12),
		"\\x41", "30m", "null ", "Null", "TRUE", "0o7", "0b1", "1_000", "+1", "-1", "-.5", "a\\", "''", "\"\"", "a'b\"c",
	} {
		roundTrip(t, &blueprint.Blueprint{
			Version: 1,
			Journeys: []blueprint.Journey{{Name: text, Description: text, Owner: text, Stages: []blueprint.Stage{{Name: text}, {Name: "another"}}, ByHand: []string{text + "!"}, Promises: []blueprint.Promise{
				{Name: text, Description: text, From: text, Until: text, Within: blueprint.Within{Days: 2}, Hours: text, Pause: []string{text}, Target: 0.5},
			}}},
			Touchpoints: []blueprint.Touchpoint{{Name: text, Journey: text, Keeps: []string{text}, Purpose: text}},
			Contact: &blueprint.Contact{
				Name: text, Description: text, Owner: text,
				Purposes: []blueprint.Purpose{{Name: text, Description: text, Owner: text, StoppedBy: []string{text}, QuietHours: text}, {Name: text + "!"}},
				Caps:     []blueprint.SharedCap{{Most: 1, Within: 1, Purposes: []string{text, text + "!"}}},
			},
			Surveys:  []blueprint.Survey{{Name: text, Scale: "nps", Causes: []string{text}}},
			Hours:    map[string]blueprint.Hours{text: {Zone: "UTC", Open: map[string]blueprint.Openings{"daily": {"24h"}}}},
			Channels: map[string]string{text: "web"},
			Queues: []blueprint.Queue{
				{Name: text, Description: text, Owner: text, Hours: text, ServiceLevel: blueprint.ServiceLevel{Within: 1, Variant: "positive", ShortAbandon: 2, FlowOuts: true}},
			},
			Intents: []string{text}, RootCauses: []string{text},
			Objectives: []blueprint.Objective{
				{Name: "answers", Queue: text, Good: blueprint.Good{ServiceLevel: true}, Target: 0.5},
				{Name: "replies", Queue: text, Good: blueprint.Good{FirstReplyWithin: 1}, Target: 0.5},
				{Name: "solved", Effort: text, Target: 0.5},
				{
					Name: text, Description: text, Owner: text, Journey: text, Promise: text, Target: 0.5,
					Except: blueprint.Except{Segment: []string{text}},
				},
				{Name: "the whole", Of: []blueprint.Part{{Objective: text}}, Target: 0.5},
			},
			Zone:        "UTC",
			Maintenance: []blueprint.Maintenance{{Name: text, Description: text, From: "2026-12-24 22:00", Until: "2026-12-25", Journeys: []string{text}, Objectives: []string{text}}},
		})
	}
	for _, text := range []string{
		"a\nb", "a\n", "\na", "\n", "a\n\n", "a\n\nb\n", "  a\n b", "a\tb", "\ta", "a\n\tb", "a \nb", "a\n \nb", "# a\nb", "- a\n- b", "a: b\nc: d", "---\na", "a\n---\nb\n...", "a\r\nb", "\r", "\x00", "\x1b[31m", "\u0085", "a\u0085b", "\ufeff", "\x7f",
		"\u2028", "\u2029a", "a\u200bb", // a name cannot have these characters
	} {
		roundTrip(t, &blueprint.Blueprint{Version: 1, Journeys: []blueprint.Journey{{Name: "x", Description: text, Stages: []blueprint.Stage{{Name: "y", Description: text}}}}})
	}
}

// TestWritePromise: what Write writes of a promise, and Parse reads it as the same.
func TestWritePromise(t *testing.T) {
	t.Parallel()
	const hour = blueprint.Duration(time.Hour)
	for _, c := range []struct {
		name, reason string
		promise      blueprint.Promise
		want         string
	}{
		{"a day", "days are shorter to read", blueprint.Promise{Within: blueprint.Within{Duration: 24 * hour}}, "within: 1d\n"},
		{"eight weeks", "a week is seven days", blueprint.Promise{Within: blueprint.Within{Duration: 8 * 7 * 24 * hour}}, "within: 56d\n"},
		{"opened hours", "a day of opened hours is no day", blueprint.Promise{Within: blueprint.Within{Duration: 24 * hour}, Hours: "office"}, "within: 24h\n        hours: office\n"},
		{"many opened hours", "a week of opened hours is no week", blueprint.Promise{Within: blueprint.Within{Duration: 8*7*24*hour + 90*hour/60}, Hours: "office"}, "within: 1345h30m\n        hours: office\n"},
		{"an opened hour", "exactly one", blueprint.Promise{Within: blueprint.Within{Duration: hour}, Hours: "office"}, "within: 1h\n        hours: office\n"},
		{"an empty pause", "it says nothing", blueprint.Promise{Within: blueprint.Within{Duration: hour}, Pause: []string{}}, "within: 1h\n"},
		{"opened minutes", "less than an hour", blueprint.Promise{Within: blueprint.Within{Duration: hour / 2}, Hours: "office"}, "within: 30m\n        hours: office\n"},
		{"business days", "their own unit", blueprint.Promise{Within: blueprint.Within{Days: 15}, Hours: "office"}, "within: 15bd\n        hours: office\n"},
		{"a target", "a percentage without quotes", blueprint.Promise{Within: blueprint.Within{Duration: hour}, Target: 0.999}, "within: 1h\n        target: 99.9%\n"},
		{"stages", "in the order of the keys", blueprint.Promise{From: "a", Until: "b", Within: blueprint.Within{Duration: hour}, Pause: []string{"a", "b"}}, "from: a\n        until: b\n        within: 1h\n        pause:\n          - a\n          - b\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.promise.Name = "p"
			b := &blueprint.Blueprint{
				Version:  1,
				Journeys: []blueprint.Journey{{Name: "j", Stages: []blueprint.Stage{{Name: "a"}, {Name: "b"}, {Name: "c"}}, Promises: []blueprint.Promise{c.promise}}},
				Hours:    map[string]blueprint.Hours{"office": {Zone: "UTC", Open: map[string]blueprint.Openings{"mon-fri": {"09:00-17:00"}}}},
			}
			if len(c.promise.Pause) > 0 || c.promise.Pause == nil { // Parse reads an empty list as none
				roundTrip(t, b)
			}
			var out bytes.Buffer
			if err := yaml.Write(&out, b); err != nil {
				t.Fatal(err)
			}
			if want := "    promises:\n      - name: p\n        " + c.want + "hours:\n"; !strings.Contains(out.String(), want) {
				t.Errorf("the file has no\n%s\n%s: %s", want, c.reason, out.String())
			}
		})
	}
}

func TestWriteRefuses(t *testing.T) {
	t.Parallel()
	var invalid *blueprint.Error
	for name, b := range map[string]*blueprint.Blueprint{"nil": nil, "not valid": {}} {
		var out bytes.Buffer
		if err := yaml.Write(&out, b); !errors.As(err, &invalid) || out.Len() > 0 {
			t.Errorf("%s: the error is %v, and Write wrote %d bytes; want a *blueprint.Error and no bytes", name, err, out.Len())
		}
	}
	large := &blueprint.Blueprint{Version: 1}
	for i := range 200 {
		large.Journeys = append(large.Journeys, blueprint.Journey{Name: strings.Repeat("x", i%64+1) + string(rune('a'+i/64)), Description: strings.Repeat("y", 8000)})
	}
	for i := range large.Journeys {
		large.Journeys[i].Name = "j" + strings.Repeat("i", i%60) + strings.Repeat("k", i/60)
	}
	if err := yaml.Write(&bytes.Buffer{}, large); err == nil || !strings.Contains(err.Error(), "shorten") {
		t.Errorf("Write accepts a blueprint that Parse would reject: %v", err)
	}
	full := errors.New("the disk is full")
	if err := yaml.Write(writerFunc(func([]byte) (int, error) { return 0, full }), shop); !errors.Is(err, full) {
		t.Errorf("the error is %v", err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestSave(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "shop.yaml")
	save := func(path string, b *blueprint.Blueprint) {
		t.Helper()
		if err := yaml.Save(path, b); err != nil {
			t.Fatal(err)
		}
		got, err := yaml.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(b, got); diff != "" {
			t.Errorf("(-saved +loaded):\n%s", diff)
		}
	}
	save(path, shop)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("the mode of a new file is %v, %v", info.Mode(), err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link.yaml")
	if err := os.Symlink("shop.yaml", link); err != nil {
		t.Fatal(err)
	}
	save(link, &blueprint.Blueprint{Version: 1})
	save(link, &blueprint.Blueprint{Version: 1, Breakdowns: &blueprint.Breakdowns{}}) // a section that says nothing is a section
	if info, err := os.Lstat(link); err != nil || info.Mode().Type() != fs.ModeSymlink {
		t.Errorf("Save replaced the symbolic link: %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the permissions are now %v", info.Mode())
	}
	before, _ := os.ReadFile(path)
	if err := yaml.Save(path, &blueprint.Blueprint{}); err == nil {
		t.Error("Save accepts an invalid blueprint")
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("a rejected Save changed the existing file")
	}
	if err := yaml.Save(filepath.Join(dir, "none", "x.yaml"), shop); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the error of a missing folder is %v", err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 2 {
		t.Errorf("the folder has %v, %v; want the file and the link", left, err)
	}
}
