package resolve

import (
	"fmt"
	"slices"
	"strings"

	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/text"
)

// surveys notes what differs in two surveys. A definition without options only names a survey and its scale.
func (d *differ) surveys(known, given *feedback.Survey) {
	d.text("its scale is", known.Scale().String(), given.Scale().String())
	if given.Plain() {
		return
	}
	kt, kv := known.Consents()
	gt, gv := given.Consents()
	d.texts("the question (Ask)", known.Texts(), given.Texts())
	d.text("its version (Version) is", quoted(known.VersionByHand()), quoted(given.VersionByHand()))
	kj, ks := known.Journey()
	gj, gs := given.Journey()
	d.text("its journey (In) is", quoted(kj.Name()), quoted(gj.Name()))
	if kj.Name() == gj.Name() && !kj.Equal(gj) {
		d.list = append(d.list, fmt.Sprintf("its journey %q is defined twice, and not the same", kj.Name()))
	}
	d.text("its stage (In) is", quoted(ks), quoted(gs))
	d.text("its channels (Channels) are", channelList(slices.Sorted(slices.Values(known.Channels()))), channelList(slices.Sorted(slices.Values(given.Channels()))))
	d.text("its choices (Choices) are", list(slices.Sorted(slices.Values(known.Choices()))), list(slices.Sorted(slices.Values(given.Choices()))))
	d.text("its sample (Sample) is", text.Percent(known.Sample()), text.Percent(given.Sample()))
	d.time("every (Every) is", known.Every(), given.Every())
	d.time("expires (Expires) is", known.Expires(), given.Expires())
	d.text("its purpose (For) is", quoted(known.Purpose()), quoted(given.Purpose()))
	d.text("the version of its consent text (TestimonialConsent) is", quoted(kv), quoted(gv))
	d.texts("the consent text (TestimonialConsent)", kt, gt)
}

// texts notes the languages in which two lists of texts differ. The texts themselves are long, and the languages lead to them.
func (d *differ) texts(what string, known, given []feedback.Text) {
	languages := func(list []feedback.Text) (tags []string) {
		for _, t := range list {
			tags = append(tags, strings.ToLower(t.Language))
		}
		return tags
	}
	kl, gl := languages(known), languages(given)
	if !slices.Equal(kl, gl) {
		d.text("the languages of "+what+" are", list(kl), list(gl))
		return
	}
	for i := range known {
		if known[i] != given[i] {
			d.list = append(d.list, fmt.Sprintf("%s in %q is one text %s and another one %s", what, known[i].Language, d.sides.known, d.sides.given))
		}
	}
}
