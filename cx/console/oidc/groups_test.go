package oidc_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/console/oidc"
	"cairncx.dev/cairn/cx/insight"
)

func TestGroups(t *testing.T) {
	t.Parallel()
	viewer := oidc.Groups(map[string]insight.Viewer{
		"everyone":      {Rights: insight.Numbers},
		"lead":          {Rights: insight.Numbers | insight.Words | insight.Customers | insight.Act},
		"writers":       {Rights: insight.Words, Name: "not read", Mail: "not read"},
		"desk":          {Rights: insight.Numbers | insight.Words, Owners: []string{"support"}},
		"shop":          {Rights: insight.Numbers | insight.Words, Journeys: []string{"order"}},
		"desk of gold":  {Rights: insight.Numbers, Segments: []string{"gold"}},
		"desk of small": {Rights: insight.Numbers, Segments: []string{"small"}},
	})
	for _, c := range []struct {
		reason string
		groups string
		want   insight.Viewer
		fault  string
	}{
		{"one group", "desk,unknown", insight.Viewer{Rights: insight.Numbers | insight.Words, Owners: []string{"support"}}, ""},
		{"rights in the same scope add up", "everyone,writers", insight.Viewer{Rights: insight.Numbers | insight.Words}, ""},
		{"the same rights add up over journeys and owners", "desk,shop", insight.Viewer{Rights: insight.Numbers | insight.Words, Journeys: []string{"order"}, Owners: []string{"support"}}, ""},
		{"the same rights add up over segments", "desk of gold,desk of small", insight.Viewer{Rights: insight.Numbers, Segments: []string{"gold", "small"}}, ""},
		{"one group has all that the other has", "lead,desk,shop,everyone", insight.Viewer{Rights: 15}, ""},
		{"words of all journeys would be too much, and numbers of one too little", "everyone,desk", insight.Viewer{}, `"desk" "everyone"`},
		{"a third group can make a union of two that have none", "everyone,writers,desk", insight.Viewer{Rights: insight.Numbers | insight.Words}, ""},
		{"no group", "", insight.Viewer{}, "in no group"},
		{"no group with rights; names are exact", "Lead, lead", insight.Viewer{}, "in no group"},
	} {
		v, err := viewer(oidc.Claims{Subject: "s", Groups: strings.Split(c.groups, ",")})
		if fmt.Sprintf("%+v", v) != fmt.Sprintf("%+v", c.want) || (err != nil) != (c.fault != "") {
			t.Errorf("%s: %+v, %v, want %+v", c.reason, v, err, c.want)
		}
		if err != nil && (!errors.Is(err, oidc.ErrGroups) || !strings.Contains(err.Error(), c.fault)) {
			t.Errorf("%s: %v, want %q", c.reason, err, c.fault)
		}
	}
	if v, err := viewer(oidc.Claims{Groups: []string{"lead"}, GroupsLeftOut: true}); !errors.Is(err, oidc.ErrGroups) || v.Rights != 0 {
		t.Errorf("groups that were left out give %+v, %v", v, err)
	}
}

// TestGroupsGiveNoMore: whatever groups there are, a reader may see what one of them may see, and nothing else. The model asks for each right, journey, owner and
// segment by itself.
func TestGroupsGiveNoMore(t *testing.T) {
	t.Parallel()
	sees := func(v insight.Viewer, right insight.Right, journey, owner, segment string) bool {
		journeys := len(v.Journeys) == 0 && len(v.Owners) == 0 || slices.Contains(v.Journeys, journey) || slices.Contains(v.Owners, owner)
		return v.Rights&right != 0 && journeys && (len(v.Segments) == 0 || slices.Contains(v.Segments, segment))
	}
	some := func(names ...string) *rapid.Generator[[]string] {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 2, rapid.ID)
	}
	rapid.Check(t, func(t *rapid.T) {
		viewers, names := map[string]insight.Viewer{}, []string{}
		for i := range rapid.IntRange(1, 4).Draw(t, "groups") {
			names = append(names, fmt.Sprint(i))
			viewers[names[i]] = insight.Viewer{
				Rights: insight.Right(rapid.IntRange(0, 3).Draw(t, "rights")), Journeys: some("j1", "j2").Draw(t, "journeys"), Owners: some("o1", "o2").Draw(t, "owners"),
				Segments: some("s1", "s2").Draw(t, "segments"),
			}
		}
		got, err := oidc.Groups(viewers)(oidc.Claims{Groups: names})
		if err != nil {
			if len(names) == 1 || got.Rights != 0 {
				t.Fatalf("%+v: %v", viewers, err)
			}
			return
		}
		for _, right := range []insight.Right{1, 2} {
			for _, journey := range []string{"j1", "j2", "j3"} {
				for _, owner := range []string{"o1", "o2", "o3"} {
					for _, segment := range []string{"s1", "s2", "s3", ""} {
						want := false
						for _, v := range viewers {
							want = want || sees(v, right, journey, owner, segment)
						}
						if sees(got, right, journey, owner, segment) != want {
							t.Fatalf("%+v make %+v, which differs for %v of %s, %s, %q", viewers, got, right, journey, owner, segment)
						}
					}
				}
			}
		}
	})
}

// TestGroupsLeftOut: a provider that has left out the groups says so in one of two ways.
func TestGroupsLeftOut(t *testing.T) {
	t.Parallel()
	for _, claims := range []map[string]any{
		{"hasgroups": true},
		{"_claim_names": map[string]string{"groups": "src1"}, "_claim_sources": map[string]any{"src1": map[string]string{"endpoint": "https://graph.example/"}}},
	} {
		l := newLab(t)
		l.claims = func(c map[string]any) {
			delete(c, "groups")
			for name, value := range claims {
				c[name] = value
			}
		}
		cfg := l.config()
		groups := oidc.Groups(map[string]insight.Viewer{"support": insight.Everything()})
		var got oidc.Claims
		cfg.Viewer = func(c oidc.Claims) (insight.Viewer, error) { got = c; return groups(c) }
		_, h := mount(t, cfg)
		if answer := ask(h, request("GET", at, l.signedIn(t, h))); answer.StatusCode != 403 || !got.GroupsLeftOut {
			t.Errorf("%v: %d with %+v, want 403 because they were left out", claims, answer.StatusCode, got)
		}
	}
}
