package io.vigil.model.feature;

import io.vigil.model.event.Claims;
import io.vigil.model.event.Fact;
import io.vigil.model.event.Facts;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Of profiles: the value of each fact that features read, from when it holds, and those before it
 * that a transaction which comes late may still need.
 */
final class ProfilePlan implements EntityPlan {
  private static final long[] NOTHING = {};

  /** How an input says what becomes of a fact. */
  private static final long UNSAID = 0;

  private static final long TAKEN_AWAY = 1;
  private static final long SET = 2;

  private final Grouping grouping;
  private final List<Feature.FromProfile> features;
  private final ProfileState.Layout layout;
  private final ProfileState state;
  private final int[] columns;
  private final long[] wanted;

  /**
   * @param earlier what plans before this one kept, whose states may be met
   */
  ProfilePlan(
      Grouping grouping, List<Feature.FromProfile> features, List<ProfileState.Layout> earlier) {
    this.grouping = grouping;
    this.features = List.copyOf(features);
    layout = ProfileState.Layout.of(features);
    Map<Integer, ProfileState.Layout> byId = new HashMap<>();
    earlier.forEach(known -> byId.put(known.id(), known));
    state = new ProfileState(layout, byId);
    columns = new int[features.size()];
    wanted = new long[features.size()];
    for (int index = 0; index < columns.length; index++) {
      Feature.FromProfile feature = features.get(index);
      columns[index] = layout.columns().indexOf(ProfileState.Column.of(feature));
      String equalTo = feature.equalTo();
      wanted[index] = equalTo == null ? 0 : bits(layout.columns().get(columns[index]), equalTo);
    }
  }

  private static long bits(ProfileState.Column column, String text) {
    return column.number() ? Double.doubleToLongBits(Fact.of(text).number()) : TextHash.of(text);
  }

  @Override
  public Grouping grouping() {
    return grouping;
  }

  @Override
  public List<Feature.FromProfile> features() {
    return features;
  }

  @Override
  public List<String> kept() {
    return layout.columns().stream()
        .map(column -> "fact " + column.fact() + ": " + (column.number() ? "number" : "text"))
        .toList();
  }

  @Override
  public long reachMs() {
    return EntityState.SLACK_MS;
  }

  @Override
  public long[] madeUp(SplittableRandom random, int textsMax) {
    long[] inputs = new long[2 * layout.columns().size()];
    for (int column = 0; column < inputs.length / 2; column++) {
      inputs[2 * column] = SET;
      inputs[2 * column + 1] =
          layout.columns().get(column).number()
              ? Double.doubleToLongBits(random.nextInt(textsMax))
              : TextHash.of("text-" + random.nextInt(textsMax));
    }
    return inputs;
  }

  @Override
  public boolean usesLabels() {
    return false;
  }

  @Override
  public long[] inputs(Facts facts) {
    return NOTHING;
  }

  @Override
  public long[] claims(Claims claims) {
    long[] inputs = new long[2 * layout.columns().size()];
    boolean any = false;
    for (int at = 0; at < layout.columns().size(); at++) {
      ProfileState.Column column = layout.columns().get(at);
      Fact fact = claims.fact(column.fact());
      if (fact == null) {
        continue;
      }
      any = true;
      boolean there = column.number() ? fact.isNumber() : !fact.equals(Fact.NONE);
      inputs[2 * at] = there ? SET : TAKEN_AWAY;
      if (there) {
        inputs[2 * at + 1] =
            column.number() ? Double.doubleToLongBits(fact.number()) : TextHash.of(fact.text());
      }
    }
    return any ? inputs : NOTHING;
  }

  @Override
  public void transaction(EntityStore store, long eventTimeMs, long[] inputs, double[] out) {
    BehaviourPlan.requireTime(eventTimeMs);
    state.load(store);
    for (int index = 0; index < columns.length; index++) {
      ProfileState.@Nullable Version version = state.at(columns[index], eventTimeMs);
      if (version == null || !version.there()) {
        out[index] = Double.NaN;
      } else if (features.get(index).equalTo() == null) {
        out[index] = Double.longBitsToDouble(version.bits());
      } else {
        out[index] = version.bits() == wanted[index] ? 1 : 0;
      }
    }
  }

  @Override
  public void add(EntityStore store, long eventTimeMs, long[] inputs) {
    BehaviourPlan.requireTime(eventTimeMs);
    state.load(store);
    for (int column = 0; column < inputs.length / 2; column++) {
      if (inputs[2 * column] != UNSAID) {
        boolean there = inputs[2 * column] == SET;
        state.set(column, new ProfileState.Version(eventTimeMs, there, inputs[2 * column + 1]));
      }
    }
    state.save(store);
  }

  @Override
  public void label(EntityStore store, long transactionTimeMs, long labelTimeMs, int delta) {
    throw new IllegalStateException("label: expected an entity that uses labels, got a profile");
  }
}
