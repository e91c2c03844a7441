package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestReplayNormalForm: a log may write accents as letters with combining marks. Names and channels are then
// the same as in the blueprint, which has them in normal form C.
func TestReplayNormalForm(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	blueprint := write("b.yaml", "version: 1\njourneys:\n  - name: pago\n    stages:\n      - name: inicio\ntouchpoints:\n"+
		"  - name: \"Se\u00f1al\"\n    journey: pago\n    stage: inicio\nchannels:\n  \"tel\u00e9fono\": phone\n")
	log := write("log.csv", "id,paso,hora,canal\n"+
		"1,Se\u00f1al,2026-03-02T10:00:00Z,tel\u00e9fono\n"+
		"1,Sen\u0303al,2026-03-02T10:00:01Z,tele\u0301fono\n"+
		"2,Sen\u0303al,2026-03-02T10:00:02Z,web\n")
	r := replayed(t, "--blueprint", blueprint, "--map", "case=id,activity=paso,time=hora,channel=canal", log)
	if r.Events != 3 || r.Unknown != 0 || r.Rejected != 0 {
		t.Errorf("%d events, %d with an unknown name, %d rejected; want 3 known ones", r.Events, r.Unknown, r.Rejected)
	}
	if len(r.UnknownChannels) > 0 {
		t.Errorf("the channels %q are unknown", r.UnknownChannels)
	}
	for _, j := range r.Journeys {
		for _, tp := range j.Touchpoints {
			if tp.Name == "Se\u00f1al" && tp.Count == 3 && tp.Channels["phone"] == 2 && tp.Channels["web"] == 1 {
				return
			}
		}
	}
	t.Errorf("want 3 interactions with the touchpoint, 2 of them by phone: %+v", r.Journeys)
}
