package delegate

import "github.com/dunglas/httpsfv"

// innerList returns the first member.
func innerList(d *httpsfv.Dictionary) *httpsfv.InnerList {
	member, _ := d.Get(d.Names()[0])
	list, _ := member.(httpsfv.InnerList)
	return &list
}
