package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReplayReadAsUTC: the replay says that it reads times as UTC, if that may move the due times of promises.
func TestReplayReadAsUTC(t *testing.T) {
	t.Parallel()
	const desk = ", hours: desk"
	const note = "times without an offset are read as UTC, and the hours \"desk\" are in Europe/Berlin: set --tz Europe/Berlin, or --tz UTC if the times are UTC; rows: 2\n"
	local := []string{"2026-03-02 10:00", "2026-03-02 11:00"}
	for _, c := range []struct {
		name, reason string
		hours, zone  string
		times, flags []string
		want         string
	}{
		{"local times", "opened hours come out wrong", desk, "Europe/Berlin", local, nil, note},
		{"dates", "their midnight is a local time, too", desk, "Europe/Berlin", []string{"2026-03-02", "2026-03-03"}, nil, note},
		{"another format", "the same with --time-format", desk, "Europe/Berlin", local, []string{"--time-format", "%Y-%m-%d %H:%M"}, note},
		{"one of two", "rows with an offset do not count", desk, "Europe/Berlin", []string{"2026-03-02 10:00", "2026-03-02 11:00Z"}, nil, strings.ReplaceAll(note, "rows: 2", "rows: 1")},
		{"offsets", "nothing is guessed", desk, "Europe/Berlin", []string{"2026-03-02T10:00Z", "2026-03-02T10:00+01:00"}, nil, ""},
		{"Unix time", "it is local to no zone", desk, "Europe/Berlin", []string{"1769850000", "1769850001"}, nil, ""},
		{"--tz", "the user has said it", desk, "Europe/Berlin", local, []string{"--tz", "Europe/Berlin"}, ""},
		{"--tz UTC", "the user has said it", desk, "Europe/Berlin", local, []string{"--tz=UTC"}, ""},
		{"hours in UTC", "nothing is moved", desk, "UTC", local, nil, ""},
		{"hours in Etc/UTC", "the same zone", desk, "Etc/UTC", local, nil, ""},
		{"no promise counts them", "nothing is moved", "", "Europe/Berlin", local, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write := func(name, text string) string {
				path := filepath.Join(dir, name)
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				return path
			}
			args := append([]string{"replay", "--map", "case=id,activity=what,time=at", "--blueprint", write("b.yaml",
				"version: 1\njourneys: [{name: claim, promises: [{name: open, within: 1h}, {name: answered, within: 4h"+c.hours+"}]}]\n"+
					"touchpoints: [{name: form, journey: claim}]\nhours: {desk: {zone: "+c.zone+", open: {daily: 09:00-17:00}}}\n")}, c.flags...)
			var stdout, stderr bytes.Buffer
			log := write("log.csv", "id,what,at\n1,form,"+c.times[0]+"\n2,form,"+c.times[1]+"\n")
			if code := run(t.Context(), append(args, log), nil, &stdout, &stderr); code != exitOK || stderr.String() != c.want {
				t.Errorf("the exit code is %d, and the standard error\n%s; want\n%s: %s", code, &stderr, c.want, c.reason)
			}
		})
	}
}

// TestZoneMistake: the command has the zone data, so an unknown zone is a mistake in the file.
func TestZoneMistake(t *testing.T) {
	t.Parallel()
	for zone, want := range map[string]string{
		"europe/berlin": `there is no zone "europe/berlin": did you mean "Europe/Berlin"?`,
		"Europe/Lodnon": `there is no zone "Europe/Lodnon": write a name of the IANA database, such as Europe/London or UTC`,
	} {
		var stdout, stderr bytes.Buffer
		file := "version: 1\nhours: {desk: {zone: " + zone + ", open: {daily: 24h}}}\n"
		code := run(t.Context(), []string{"validate", "-"}, strings.NewReader(file), &stdout, &stderr)
		if got := stderr.String(); code != exitFault || !strings.Contains(got, want) || strings.Contains(got, "tzdata") {
			t.Errorf("the exit code is %d, and the standard error %s; want %s, and nothing about time/tzdata", code, got, want)
		}
	}
}
