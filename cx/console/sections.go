package console

import (
	"context"
	"fmt"
	"sync"
)

// ready is a section whose content is there before the page is written.
func ready(id, title, template string, content any) section {
	return section{id: id, title: title, template: template, fill: func(context.Context) (any, error) { return content, nil }}
}

// filling is a section that a goroutine fills. Done is closed when it is filled.
type filling struct {
	done chan struct{}
	data any
	err  error
}

// filled calls yield with the sections of a page in their order, each as soon as it is filled, until it returns false. While one is filled, the next ones are filled too: as
// many as questions are answered at the same time, and as long as no question of any reader waits for its turn. Under load a page has one question at a time. The goroutines
// have ended when it returns: the context of those that are left over is done then.
func (v *visit) filled(sections []section, yield func(s *section, data any, err error) bool) {
	ctx, leave := context.WithCancel(v.r.Context())
	var all sync.WaitGroup
	defer all.Wait()
	defer leave()
	ahead, list, next := v.c.cfg.questions, make([]filling, len(sections)), 0
	for i := range sections {
		for ; next < len(sections) && (next == i || next <= i+ahead && !v.c.desk.busy()); next++ {
			s, f := &sections[next], &list[next]
			f.done = make(chan struct{})
			all.Go(func() {
				defer close(f.done)
				f.data, f.err = s.filled(ctx)
			})
		}
		<-list[i].done
		if !yield(&sections[i], list[i].data, list[i].err) {
			return
		}
		list[i] = filling{}
	}
}

// filled fills the section. A panic is a fault of the section alone.
func (s *section) filled(ctx context.Context) (data any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("console: a part of a page panicked: %v", p)
		}
	}()
	return s.fill(ctx)
}
