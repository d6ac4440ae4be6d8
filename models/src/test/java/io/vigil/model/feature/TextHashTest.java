package io.vigil.model.feature;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextHashTest {

  /** As other implementations of XXH64 with seed 0 give them; each length takes another path. */
  @ParameterizedTest
  @CsvSource({
    "'', ef46db3751d8e999",
    "a, d24ec4f1a98c6e5b",
    "abc, 44bc2cf5ad770999",
    "Nobody inspects the spammish repetition, fbcea83c8a378bf1",
    "'Nobody inspects the spammish repetition, nobody at all, ever', ce54a083d9345bdc",
  })
  void agreesWithPublishedValues(String text, String hash) {
    assertThat(Long.toHexString(TextHash.xxh64(text.getBytes(StandardCharsets.UTF_8))))
        .isEqualTo(hash);
  }

  @Test
  void keepsZeroForTheMissing() {
    assertThat(TextHash.of(null)).isEqualTo(TextHash.MISSING);
    assertThat(TextHash.of("")).isNotEqualTo(TextHash.MISSING);
  }
}
