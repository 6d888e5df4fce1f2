package judge

import (
	"slices"
	"testing"
)

// Every category has a name in both schemes in force, every name is one of its scheme, no guard is called harassment, and the only
// types that no telephone call is are those of the body.
func TestEveryCategoryHasItsTypes(t *testing.T) {
	all, used := Schemes(), map[Type]bool{}
	known := slices.Concat(all.MHLW9, all.MHLW2026, all.Tokyo)
	harassment := 0
	for _, c := range Categories() {
		ts := c.Types()
		if c.IsGuard() {
			if len(ts.MHLW9)+len(ts.MHLW2026)+len(ts.Tokyo) > 0 {
				t.Errorf("%s is a guard", c)
			}
			continue
		}
		harassment++
		if len(ts.MHLW2026) == 0 || len(ts.Tokyo) == 0 {
			t.Errorf("%s has no type", c)
		}
		for _, one := range []struct{ of, scheme []Type }{{ts.MHLW9, all.MHLW9}, {ts.MHLW2026, all.MHLW2026}, {ts.Tokyo, all.Tokyo}} {
			for _, x := range one.of {
				if !slices.Contains(one.scheme, x) {
					t.Errorf("%s: %s is not of that scheme", c, x)
				}
				used[x] = true
			}
		}
	}
	if harassment != 18 {
		t.Errorf("%d categories", harassment)
	}
	for _, x := range known {
		if !used[x] && x != "mhlw2026.physical" && x != "tokyo.physical" {
			t.Errorf("no category is %s", x)
		}
	}
}
