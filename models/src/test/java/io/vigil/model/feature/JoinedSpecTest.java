package io.vigil.model.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One spec extended by another. */
class JoinedSpecTest {
  private static final String FIRST =
      "name: first\nversion: 3\nfeatures:\n"
          + "- {name: one, entity: account, aggregate: count, window: 1h}\n"
          + "- {name: two, expression: amount * 2}\n";
  private static final String SECOND =
      "name: second\nversion: 1\nfeatures:\n"
          + "- {name: three, entity: card, aggregate: count, window: 1h}\n"
          + "- {name: one, entity: account, aggregate: count, window: 1h}\n"
          + "- {name: four, ratio: [one, three]}\n";

  @ParameterizedTest
  @ValueSource(strings = {"", "---\n", "\n\n--- # second\n", "# a comment\n"})
  void theFeaturesOfTheFirstKeepTheirPlacesAndWhatItLacksFollows(String before) {
    String text = FeatureSpec.joined(FIRST + "\n\n", before + SECOND);
    FeatureSpec joined = FeatureSpec.read(text, "joined");

    assertThat(joined.name()).isEqualTo("first");
    assertThat(joined.version()).isEqualTo(3);
    assertThat(joined.features().stream().map(Feature::name))
        .containsExactly("one", "two", "three", "four");
    assertThat(joined)
        .isEqualTo(FeatureSpec.read(FIRST, "first").with(FeatureSpec.read(SECOND, "second")));
    assertThat(FeatureSpec.read(FeatureSpec.joined(text, SECOND), "again")).isEqualTo(joined);
    assertThat(FeaturePlan.compile(joined).names().subList(0, 2))
        .isEqualTo(FeaturePlan.compile(FeatureSpec.read(FIRST, "first")).names());
  }

  @Test
  void aNameThatMeansTwoThingsIsRefusedAtTheDocumentThatSaysTheOther() {
    String other =
        SECOND.replace(
            "entity: account, aggregate: count, window: 1h",
            "entity: account, aggregate: count, window: 2h");
    String text = FeatureSpec.joined(FIRST, other);

    assertThatThrownBy(() -> FeatureSpec.read(text, "joined.yaml"))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("joined.yaml:7:")
        .hasMessageContaining("feature 'one': expected it as first 3 defines it")
        .hasMessageContaining("give it another name");
  }

  @Test
  void togetherTheyHaveNoMoreThanOneMayHave() {
    FeatureSpec many = numbered("many", 400);
    FeatureSpec more = numbered("more", 113);

    assertThatThrownBy(() -> many.with(more))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("features: expected at most 512 of many and more together, got 513");
  }

  @Test
  void conditionsAreCountedTogether() {
    FeatureSpec both = conditions("a", 20).with(conditions("b", 20));

    assertThat(FeaturePlan.compile(conditions("a", 20).with(conditions("b", 12))).names())
        .hasSize(32);
    assertThatThrownBy(() -> FeaturePlan.compile(both))
        .hasMessage("where: expected at most 32 different conditions for account, got 40");
  }

  private static FeatureSpec conditions(String name, int count) {
    StringBuilder yaml = new StringBuilder("name: " + name + "\nversion: 1\nfeatures:\n");
    for (int i = 0; i < count; i++) {
      yaml.append(
          "- {name: %s%d, entity: account, aggregate: count, window: 1h, where: 'attributes.%s == \"%d\"'}\n"
              .formatted(name, i, name, i));
    }
    return FeatureSpec.read(yaml.toString(), name);
  }

  @Test
  void anEmptyTextIsNoSpec() {
    assertThatThrownBy(() -> FeatureSpec.read("", "empty.yaml"))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("expected a mapping, got an empty document");
  }

  private static FeatureSpec numbered(String name, int count) {
    StringBuilder yaml = new StringBuilder("name: " + name + "\nversion: 1\nfeatures:\n");
    for (int i = 0; i < count; i++) {
      yaml.append("- {name: ").append(name).append(i).append(", expression: amount + 1}\n");
    }
    return FeatureSpec.read(yaml.toString(), name);
  }

  @Test
  void aSpecExtendedByItselfStaysItself() {
    FeatureSpec spec = FeatureSpec.read(FIRST, "first");

    assertThat(spec.with(spec)).isEqualTo(spec);
    assertThat(spec.with(new FeatureSpec("none", 1, List.of()))).isEqualTo(spec);
  }
}
