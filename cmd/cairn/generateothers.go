package main

import (
	"bytes"
	"path/filepath"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/gogen"
	"cairncx.dev/cairn/cx/blueprint/pages"
	"cairncx.dev/cairn/cx/slo/grafana"
	"cairncx.dev/cairn/cx/slo/openslo"
	"cairncx.dev/cairn/cx/slo/rules"
)

// otherOutputs returns the outputs that are no rules.
func otherOutputs() []output {
	return []output{
		{
			name: "grafana", summary: "dashboards: journeys, objectives, the voice of the customer, contacts, Cairn itself",
			files: grafanaFiles, next: "import each %s/*.json in Grafana",
			stale: []string{"*.json"}, made: func(text []byte) bool { return bytes.Contains(text, []byte("Made by cairn generate grafana")) },
		},
		{name: "openslo", summary: "the objectives as OpenSLO v1, for other tools", files: opensloFiles, next: "oslo validate -f %s/" + opensloFile},
		{name: "go", summary: "a package of Go with the definitions, so that a wrong name does not compile", files: goFiles, next: "cd %s && go vet ./..."},
		{
			name: "pages", summary: "a page a journey in Markdown: what is promised, to whom, measured how; one of the contact policy", files: pagesFiles, next: "read %s/" + pages.Index,
			stale: []string{pages.Folder + "/*.md", pages.Contact}, made: func(text []byte) bool { return bytes.Contains(text, []byte("\nMade by cairn generate pages from ")) },
		},
	}
}

// opensloFile is the name of the file with the objectives.
const opensloFile = "objectives.openslo.yaml"

// source is what files say that they are made from: the blueprint without its folders, so that they are the same everywhere.
func (s *generateSettings) source() string {
	if s.blueprint == "-" {
		return ""
	}
	return filepath.Base(s.blueprint)
}

func grafanaFiles(b *blueprint.Blueprint, s *generateSettings) ([]rules.File, error) {
	options := make([]grafana.Option, 0, len(s.matchers)+1)
	options = append(options, grafana.WithSource(s.source()))
	for _, m := range s.matchers {
		options = append(options, grafana.WithMatcher(m.Label, m.Value))
	}
	list, err := grafana.Dashboards(b, options...)
	files := make([]rules.File, 0, len(list))
	for _, d := range list {
		files = append(files, rules.File{Name: d.Name + ".json", Data: d.JSON})
	}
	return files, err
}

func opensloFiles(b *blueprint.Blueprint, s *generateSettings) ([]rules.File, error) {
	text, err := openslo.Write(b.AllObjectives(), openslo.WithSource(s.source()))
	return []rules.File{{Name: opensloFile, Data: text}}, err
}

func goFiles(b *blueprint.Blueprint, s *generateSettings) ([]rules.File, error) {
	text, err := gogen.Generate(b, gogen.WithSource(s.source()), gogen.WithPackage(s.goPackage))
	return []rules.File{{Name: s.goPackage + "/" + s.goPackage + ".go", Data: text}}, err // the folder of a package has its name
}

func pagesFiles(b *blueprint.Blueprint, s *generateSettings) ([]rules.File, error) {
	list, err := pages.Generate(b, pages.WithSource(s.source()))
	files := make([]rules.File, 0, len(list))
	for _, p := range list {
		files = append(files, rules.File{Name: p.Name, Data: p.Text})
	}
	return files, err
}
