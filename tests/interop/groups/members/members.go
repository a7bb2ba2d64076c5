// Package members is what the member programs in Go share; tests/interop/groups/cast.py says what is asked and told.
package members

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// CommitEvery is how often a member commits what it has read.
const CommitEvery = 200 * time.Millisecond

// Wanted is a member as a `start` command asks for it.
type Wanted struct {
	Name, Group, Topic string
	Words              map[string]string
}

// Session is the session timeout that was asked for.
func (w Wanted) Session() time.Duration {
	took, err := time.ParseDuration(w.Words["session"] + "ms")
	if err != nil {
		return 45 * time.Second
	}
	return took
}

// Run starts and stops members as stdin says. `live` is one member from its joining to its end; it ends when
// `stop` is closed.
func Run(live func(bootstrap string, wanted Wanted, events *Events, stop <-chan struct{}) error) {
	file, err := os.OpenFile(os.Args[2], os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	stops := map[string]func(){}
	var running sync.WaitGroup
	commands := bufio.NewScanner(os.Stdin)
	for commands.Scan() {
		words := strings.Fields(commands.Text())
		if words[0] == "stop" {
			stops[words[1]]()
			continue
		}
		wanted := Wanted{words[1], words[2], words[3], map[string]string{}}
		for _, word := range words[4:] {
			name, value, _ := strings.Cut(word, "=")
			wanted.Words[name] = value
		}
		stop, events := make(chan struct{}), &Events{file: file, name: wanted.Name, owned: map[int32]bool{}}
		stops[wanted.Name] = sync.OnceFunc(func() { close(stop) })
		running.Go(func() {
			if err := live(os.Args[1], wanted, events, stop); err != nil {
				events.tell("failed", strings.ReplaceAll(err.Error(), "\n", " "))
			}
			events.tell("left")
		})
	}
	for _, stop := range stops {
		stop()
	}
	running.Wait()
}

// Events is where a member tells what happens to it. Each line is one write, so that those of several programs do
// not mix.
type Events struct {
	file  *os.File
	name  string
	mutex sync.Mutex
	owned map[int32]bool
}

func (e *Events) tell(words ...any) {
	e.file.WriteString(fmt.Sprintln(append([]any{e.name}, words...)...))
}

// Read tells of a record.
func (e *Events) Read(partition int32, offset int64) { e.tell("read", partition, offset) }

// Took tells of partitions that the member owns now.
func (e *Events) Took(partitions []int32) { e.change(partitions, true) }

// GaveUp tells of partitions that are the member's no more. Nobody else may have them before.
func (e *Events) GaveUp(partitions []int32) { e.change(partitions, false) }

func (e *Events) change(partitions []int32, owns bool) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	for _, partition := range partitions {
		if owns {
			e.owned[partition] = true
		} else {
			delete(e.owned, partition)
		}
	}
	words, all := []any{"owns"}, []int32{}
	for partition := range e.owned {
		all = append(all, partition)
	}
	slices.Sort(all)
	for _, partition := range all {
		words = append(words, partition)
	}
	e.tell(words...)
}
