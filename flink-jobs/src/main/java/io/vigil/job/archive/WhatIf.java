package io.vigil.job.archive;

import io.vigil.job.VigilOptions;
import io.vigil.job.control.Change;
import io.vigil.job.control.Kinds;
import io.vigil.job.decide.ReplayMemory;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.SpecChange;
import io.vigil.model.approval.Kind;
import io.vigil.schema.Deployment;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.configuration.Configuration;

/**
 * What of a history is to be other than it was: artefacts that take the place of all that had it.
 * Immutable.
 *
 * @param options by key, with the files of those artefacts
 * @param kinds of those artefacts: what was deployed of them is left out
 * @param spec text of a feature spec that extends the one in force from the beginning; empty for
 *     none
 */
public record WhatIf(Map<String, String> options, Set<Kind> kinds, String spec) {
  /** Nothing: as it was. */
  public static final WhatIf NOTHING = new WhatIf(Map.of(), Set.of(), "");

  /** Leaves out what was deployed of some kinds, by their ids. */
  public static WhatIf without(Collection<String> kinds) {
    Set<Kind> ignored = new HashSet<>();
    for (String id : kinds) {
      Kind kind = Kind.byId().get(id);
      if (kind == null) {
        throw new IllegalArgumentException(
            "kind: expected one of " + Kind.byId().keySet() + ", got " + id);
      }
      ignored.add(kind);
    }
    return new WhatIf(Map.of(), ignored, "");
  }

  /** Whether anything is changed. */
  public boolean any() {
    return !options.isEmpty() || !spec.isEmpty();
  }

  /** The options of a start with the change. */
  public Configuration apply(Configuration of) {
    Configuration changed = new Configuration(of);
    if (kinds.contains(Kind.MODEL)) {
      changed.removeConfig(VigilOptions.BUNDLE_SCHEDULE);
      changed.removeConfig(VigilOptions.CHALLENGERS);
    }
    options.forEach(changed::setString);
    return changed;
  }

  /** Whether a record deploys what is to be another. */
  public boolean ignores(LogRecord record) {
    if (kinds.isEmpty() || record.kind() != io.vigil.job.record.Kind.DEPLOYMENT) {
      return false;
    }
    try {
      Deployment deployment = Codec.of(Deployment.class).decode(record.value());
      Kind kind = Kinds.of(deployment.getKind());
      return kind != null && kinds.contains(kind);
    } catch (DecodeException e) {
      throw new IllegalStateException("record " + record.origin() + ": decoded before, not now", e);
    }
  }

  /** What was in force before, with the change. */
  ReplayMemory.InForce apply(ReplayMemory.InForce before) {
    List<Change> others =
        before.changes().stream().filter(change -> !kinds.contains(change.kind())).toList();
    if (spec.isEmpty()) {
      return new ReplayMemory.InForce(before.specs(), others);
    }
    return new ReplayMemory.InForce(before.specs(), others)
        .with(List.of(new SpecChange("--with", Long.MIN_VALUE, 0, 0, spec)));
  }
}
