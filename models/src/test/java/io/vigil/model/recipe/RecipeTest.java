package io.vigil.model.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.model.artefact.ArtefactException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecipeTest {
  private static final String GOOD =
      """
      name: mine
      spec: default
      window: 60d
      delay: 7d
      holdout: 10d
      refit: true
      label_share: 0.5
      feedback: {cards: 50, wrong: 0.1}
      seeds: [1, 2]
      models:
        - name: trees
          trees: {depth: 4, rate: 0.1, most: 300}
        - name: net
          transformer: {sequence: past, width: 16, heads: 4, hidden: [8]}
      """;

  @Test
  void readsAllKeys() {
    Recipe recipe = Recipe.read(GOOD, "r.yaml");
    assertThat(recipe.windowMs()).isEqualTo(60 * 86_400_000L);
    assertThat(recipe.holdoutMs()).isEqualTo(10 * 86_400_000L);
    assertThat(recipe.refit()).isTrue();
    assertThat(recipe.labelShare()).isEqualTo(0.5);
    assertThat(recipe.feedback()).isEqualTo(new Recipe.Feedback(50, 0.1));
    assertThat(recipe.seeds()).containsExactly(1, 2);
    assertThat(recipe.models()).containsOnlyKeys("trees", "net");
  }

  @Test
  void readsAllThatComeWithVigil() {
    for (String name : Recipe.BUILT_IN) {
      assertThat(Recipe.builtIn(name).name()).isEqualTo(name);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "name: mine | name: My Recipe | r.yaml:1: name: expected lower-case",
        "window: 60d | window: 0d | r.yaml:3: window: expected a duration",
        "holdout: 10d | holdout: 60d | r.yaml:5: holdout: expected less than the window",
        "refit: true | refit: maybe | r.yaml:6: refit: expected one of",
        "label_share: 0.5 | label_share: 1.5 | r.yaml:7: label_share: expected a number",
        "cards: 50 | cards: 0 | r.yaml:8: feedback.cards: expected a whole number",
        "seeds: [1, 2] | seeds: [x] | r.yaml:9: seeds: expected a list of at most 8",
        "seeds: [1, 2] | seeds: [] | r.yaml:9: seeds: expected at least one seed",
        "depth: 4 | dept: 4 | dept: expected one of the keys depth",
        "rate: 0.1 | rate: 2 | trees.rate: expected a number from",
        "heads: 4 | heads: 3 | transformer.heads: expected a divisor of the width 16, got 3",
        "sequence: past, | \"\" | transformer.sequence: expected the name of a sequence",
        "name: net | name: trees | expected a name of its own, got trees again",
        "trees: {depth | forest: {depth | expected one of the keys",
      })
  void refusesWhatIsWrongByLineAndKey(String good, String bad, String message) {
    String yaml = GOOD.replace(good, bad == null ? "" : bad);
    assertThatThrownBy(() -> Recipe.read(yaml, "r.yaml"))
        .isInstanceOf(ArtefactException.class)
        .hasMessageContaining(message);
  }
}
