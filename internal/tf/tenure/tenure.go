// Package tenure is what a resource keeps beside its state of how it came to hold what it holds, so that
// its destroy takes back that and nothing else.
//
// Terraform replaces a resource by destroying it and making it anew, in either order, and a destroy
// cannot see a configuration. What it may take back is therefore settled before: by the creation that a
// plan puts beside it (see [Mark]), by what an import brought in, and by who was made last.
package tenure

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/jobtoken/terraform-provider-jobtoken/internal/gitlab"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/diagnose"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/overlap"
	"github.com/jobtoken/terraform-provider-jobtoken/internal/tf/private"
)

// Record is kept in private state for as long as the resource lives.
type Record struct {
	// Born is the serial of the creation; 0 where the resource was imported, moved, or made by an older
	// version of the provider.
	Born int64 `json:"born,omitempty"`
	// Carried are attributes that the state has from an import and that no configuration was seen to
	// mention: a destroy leaves them.
	Carried []string `json:"carried,omitempty"`
	// Superseded are attributes that a younger resource holds too. This one is a leftover of
	// create_before_destroy whose process ended in between: a destroy leaves them.
	Superseded []string `json:"superseded,omitempty"`
}

// NewSerial is a serial that is greater than those before it.
func NewSerial() int64 { return time.Now().UnixNano() }

// Spares tells whether a destroy is to leave an attribute.
func (r Record) Spares(attribute string) bool {
	return slices.Contains(r.Carried, attribute) || slices.Contains(r.Superseded, attribute)
}

// WarnSuperseded tells what a leftover of create_before_destroy leaves to the resource that took its
// place.
func (r Record) WarnSuperseded(title diagnose.Title) (diags diag.Diagnostics) {
	if len(r.Superseded) > 0 {
		diags.AddWarning(string(title), "Another resource of this configuration was made later and holds the same of this project ("+strings.Join(r.Superseded, ", ")+
			"): with create_before_destroy this is what an interrupted apply leaves of the former one. It stays as it is.")
	}
	return diags
}

// WarnCarried tells, at the plan of a destroy, what the state holds though no configuration was applied
// that mentions it.
func (r Record) WarnCarried(title diagnose.Title, project gitlab.Target) (diags diag.Diagnostics) {
	if len(r.Carried) > 0 {
		diags.AddWarning(string(title), "The state of "+project.String()+" has "+strings.Join(r.Carried, ", ")+" from an import or an earlier configuration, and no apply has written them since. "+
			"The destroy leaves them as they are at GitLab. To have them taken back, first apply a configuration that sets them to what is to be left.")
	}
	return diags
}

// Mark is what the plan of a creation leaves in private state for the destroy before it, of which it is
// the other half. That one then writes nothing but for what no creation will name.
type Mark struct {
	// Key is what both halves know: how the configuration spells the resource.
	Key string `json:"key"`
	// ProjectID is the project that the creation is for.
	ProjectID int64 `json:"project_id"`
	// Manages are the attributes that the creation manages.
	Manages []string `json:"manages,omitempty"`
	// Projects and Groups are the ids of the targets, by their references.
	Projects map[string]int64 `json:"projects,omitempty"`
	Groups   map[string]int64 `json:"groups,omitempty"`
	// Paths are the last known paths of targets that are spelled by id.
	Paths map[string]string `json:"paths,omitempty"`
	// Carried are attributes that the resource only carries, as this walk has read it: after a taint the
	// destroy half gets no other private state.
	Carried []string `json:"carried,omitempty"`
	// Read tells whether this walk has read it at all.
	Read bool `json:"read,omitempty"`
	// Late is what the destroy half leaves to the creation to take back, once its entries are in: to switch
	// the list on.
	Late bool `json:"-"`
	// Removes is what the plan names as removed.
	Removes []Removal `json:"removes,omitempty"`
}

// Removal is a [gitlab.Target] that a plan names as removed.
type Removal struct {
	Kind gitlab.Kind `json:"kind"`
	ID   int64       `json:"id"`
	Path string      `json:"path"`
}

// For tells whether the creation is for a project.
func (m *Mark) For(project int64) bool { return m != nil && m.ProjectID == project }

// IDs are the ids of the targets of a kind.
func (m *Mark) IDs(kind gitlab.Kind) map[string]int64 {
	switch {
	case m == nil:
		return nil
	case kind == gitlab.KindGroup:
		return m.Groups
	default:
		return m.Projects
	}
}

// Removed are the targets of a kind that the plan names as removed.
func (m *Mark) Removed(kind gitlab.Kind) (targets []gitlab.Target) {
	for _, removal := range m.Removes {
		if removal.Kind == kind {
			targets = append(targets, gitlab.Target(removal))
		}
	}
	return targets
}

// Holds tells whether the creation manages an attribute.
func (m *Mark) Holds(attribute string) bool { return m != nil && slices.Contains(m.Manages, attribute) }

var (
	markFormat = private.Format[Mark]{Key: "replaced", Version: 1}
	keptFormat = private.Format[overlap.Kept]{Key: "kept", Version: 1}
)

// Forget drops what an earlier plan left for a destroy: a destroy that failed has stored it. Every plan
// does so, before anything else.
func Forget(ctx context.Context, to private.Writer) (diags diag.Diagnostics) {
	diags.Append(markFormat.Drop(ctx, to)...)
	diags.Append(keptFormat.Drop(ctx, to)...)
	return diags
}

// Leave writes the mark of a planned creation.
func Leave(ctx context.Context, to private.Writer, mark Mark) diag.Diagnostics {
	return markFormat.Set(ctx, to, mark)
}

// Left reads the mark that a destroy finds; nil where it is no half of a replacement.
func Left(ctx context.Context, from private.Reader) (*Mark, diag.Diagnostics) {
	mark, diags := markFormat.Get(ctx, from)
	if mark.ProjectID == 0 {
		return nil, diags
	}
	return &mark, diags
}

// Note writes, at the plan of a destroy, what other resources of the walk hold.
func Note(ctx context.Context, to private.Writer, kept overlap.Kept) diag.Diagnostics {
	return keptFormat.Set(ctx, to, kept)
}

// Noted reads it when the destroy comes.
func Noted(ctx context.Context, from private.Reader) (overlap.Kept, diag.Diagnostics) {
	return keptFormat.Get(ctx, from)
}

// Handovers hands marks on within an apply, from the destroy half of a replacement to its creation half,
// which gets no private state.
type Handovers struct {
	marks sync.Map
}

// Put hands a mark over.
func (h *Handovers) Put(mark *Mark) { h.marks.Store(mark.Key, mark) }

// Find gives the mark of a key; nil where there is none.
func (h *Handovers) Find(key string) *Mark {
	held, _ := h.marks.Load(key)
	mark, _ := held.(*Mark) // nothing else is stored
	return mark
}

// Carriers are what the resources of a walk only carry, as their reads have met it: the private state that
// knows is withheld from a replacement after a taint.
type Carriers struct {
	names sync.Map
}

// Note notes the attributes that the resource of a type for a project only carries.
func (c *Carriers) Note(resource string, project int64, r Record) {
	c.names.Store(fmt.Sprint(resource, " ", project), r.Carried)
}

// Of gives them, and whether a read has met the resource.
func (c *Carriers) Of(resource string, project int64) (names []string, met bool) {
	held, met := c.names.Load(fmt.Sprint(resource, " ", project))
	names, _ = held.([]string) // nothing else is stored
	return names, met
}

// Births are the serials that the reads of a walk have met, by what the resources hold.
type Births struct {
	mu       sync.Mutex
	youngest map[string]int64
}

// Note registers a resource before its read asks the server: those that wait beside it see it then.
func (b *Births) Note(serial int64, held ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.youngest == nil {
		b.youngest = make(map[string]int64)
	}
	for _, what := range held {
		b.youngest[what] = max(b.youngest[what], serial)
	}
}

// Younger tells whether another resource that holds the same was made later.
func (b *Births) Younger(serial int64, held string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.youngest[held] > serial
}
