package io.vigil.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.cli.ingest.Tokeniser;
import io.vigil.model.rule.EntryList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TokeniseListTest {
  private static final byte[] KEY = new byte[16];
  private static final byte[] NEXT = "another key 0123".getBytes(UTF_8);

  @Test
  void aListOfCardsHasBothTokensWhileTheKeyIsBeingChanged() {
    List<String> cards =
        List.of(
            "# from 4111111111111111 on",
            "name: stolen",
            "version: 3",
            "of: card",
            "",
            "4111 1111 1111 1111",
            "4111111111111111",
            "5500000000000004");
    String list = TokeniseList.tokenised(cards, "stolen.txt", new Tokeniser(KEY, NEXT));

    assertThat(list).doesNotContain("4111");
    EntryList read = EntryList.read(list.getBytes(UTF_8), "stolen.txt");
    assertThat(read.size()).isEqualTo(4);
    for (byte[] key : List.of(KEY, NEXT)) {
      for (String card : List.of("4111111111111111", "5500000000000004")) {
        assertThat(list).contains(new Tokeniser(key).ofCard(card).get(0));
      }
    }
    assertThat(TokeniseList.tokenised(cards, "stolen.txt", new Tokeniser(KEY)).lines())
        .hasSize(3 + 1 + 2);
  }

  @Test
  void whatNobodyTokenisesIsRefused() {
    assertThatThrownBy(
            () ->
                TokeniseList.tokenised(
                    List.of("name: a", "version: 1", "of: device", "d-1"),
                    "a.txt",
                    new Tokeniser(KEY)))
        .isInstanceOf(CliException.class)
        .hasMessage(
            "a.txt: expected 'of: card' or 'of: ip', which producers tokenise, got another");
  }
}
