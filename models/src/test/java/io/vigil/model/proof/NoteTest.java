package io.vigil.model.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.model.approval.SigningKeys;
import java.security.KeyPair;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NoteTest {
  /** The example of Go's golang.org/x/mod/sumdb/note, whose format C2SP signed-note is. */
  private static final String KEY =
      "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

  private static final String TEXT =
      "If you think cryptography is the answer to your problem,\n"
          + "then you don't know what your problem is.\n";

  private static final String NOTE =
      TEXT
          + "\n\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

  @Test
  void opensANoteThatAnotherImplementationSigned() {
    NoteKey key = NoteKey.parse(KEY);

    assertThat(key.name()).isEqualTo("PeterNeumann");
    assertThat(key.text()).isEqualTo(KEY);
    assertThat(key.open(NOTE)).isEqualTo(TEXT);
  }

  @Test
  void refusesEveryAlteredText() {
    NoteKey key = NoteKey.parse(KEY);
    Random random = new Random(1);
    for (int i = 0; i < 300; i++) {
      char[] altered = NOTE.toCharArray();
      int at = random.nextInt(altered.length - 1);
      altered[at] = (char) (altered[at] ^ (1 << random.nextInt(7)));
      String note = new String(altered);
      assertThatThrownBy(() -> key.open(note))
          .as("character %d", at)
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> key.open(TEXT)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void signsHeadsThatReadBack() {
    KeyPair pair = SigningKeys.generate();
    NoteKey key = new NoteKey("example.com/vigil", SigningKeys.publicOf(pair.getPrivate()));
    TreeHead head =
        new TreeHead(key.name(), 12, new byte[32], 1_767_225_600_000L, TreeHead.noPrevious());

    String note = key.sign(head.text(), pair.getPrivate());

    assertThat(key.sign(head.text(), pair.getPrivate())).isEqualTo(note);
    assertThat(TreeHead.parse(NoteKey.parse(key.text()).open(note))).isEqualTo(head);
    assertThat(key.key()).isEqualTo(pair.getPublic());
    // Witnesses add their lines; those of others do not matter, but one must be the log's.
    KeyPair other = SigningKeys.generate();
    NoteKey witness = new NoteKey("example.com/vigil", other.getPublic());
    String line = witness.sign(head.text(), other.getPrivate()).split("\n\n", -1)[1];
    assertThat(key.open(note + line)).isEqualTo(head.text());
    assertThatThrownBy(() -> key.open(witness.sign(head.text(), other.getPrivate())))
        .hasMessageContaining("expected a signature by the key of example.com/vigil, got none");
  }

  @Test
  void namesWhatANoteCouldNotHold() {
    for (String name : new String[] {"", "a b", "a+b", "a\nb", "\u00e4"}) {
      assertThatThrownBy(() -> new NoteKey(name, SigningKeys.generate().getPublic()))
          .hasMessageStartingWith("origin: expected 1 to 128 printable ASCII");
    }
  }

  @Test
  void batchesHaveOneLine() {
    ProofBatch batch = new ProofBatch(29_453_760, ProofKind.DEAD_LETTERS, 7, 3, new byte[32]);

    assertThat(batch.line()).isEqualTo("batch 29453760 dead-letters 7 3 " + "00".repeat(32));
    assertThat(ProofBatch.parse(batch.line())).isEqualTo(batch);
    for (String wrong :
        new String[] {
          batch.line() + " ", batch.line().replace(" 7 ", " 8 "), batch.line().replace("3 ", "03 ")
        }) {
      assertThatThrownBy(() -> ProofBatch.parse(wrong)).hasMessageContaining("batch: expected");
    }
  }
}
