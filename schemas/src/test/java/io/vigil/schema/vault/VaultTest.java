package io.vigil.schema.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.schema.Transaction;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class VaultTest {
  static final Clock CLOCK = Clock.fixed(Instant.parse("2026-03-01T10:00:00Z"), ZoneOffset.UTC);
  static final KeyService KEY = new LocalKeyService(new byte[32]);

  private static final byte[] PLACE = {1, 2, 3};

  private final Path directory;

  VaultTest(@TempDir Path temporary) {
    this.directory = temporary.resolve("vault");
  }

  @Test
  void anAccountKeepsItsPseudonymAndAnotherHasAnother() {
    String anna;
    try (Vault vault = open()) {
      anna = vault.pseudonym("anna");
      assertThat(vault.pseudonym("anna")).isEqualTo(anna);
      assertThat(vault.pseudonym("bert")).isNotEqualTo(anna);
      vault.commit();
    }
    try (Vault vault = open()) {
      assertThat(anna).matches("[a-z]{24}");
      assertThat(vault.find("anna")).contains(anna);
      assertThat(vault.pseudonym("anna")).isEqualTo(anna);
      assertThat(vault.find("carl")).isEmpty();
      assertThat(vault.counts()).isEqualTo(new Vault.Counts(2, 0, 0, 0));
    }
  }

  @Test
  void whatWasNotCommittedIsNotThere() {
    try (Vault vault = open()) {
      assertThat(vault.pseudonym("anna")).isNotEmpty();
    }
    try (Vault vault = open()) {
      assertThat(vault.find("anna")).isEmpty();
    }
  }

  @Test
  void severalUsersSeeEachOthersEntries() {
    try (Vault first = open();
        Vault second = open()) {
      String anna = first.pseudonym("anna");
      String phone = first.token(Kind.DEVICE, "phone", "anna");
      first.commit();

      assertThat(second.pseudonym("anna")).isEqualTo(anna);
      assertThat(second.token(Kind.DEVICE, "phone", "bert")).isEqualTo(phone);
      second.commit();
      first.erase(anna, "eva", "request 1");

      assertThat(second.find("anna")).isEmpty();
      assertThat(second.find(Kind.DEVICE, "phone")).contains(phone);
      assertThat(second.open(anna, PLACE, PLACE)).isEmpty();
      assertThat(second.pseudonym("anna")).isNotEqualTo(anna);
      second.commit();
      assertThat(first.token(Kind.DEVICE, "phone", "bert")).isEqualTo(phone);
      first.commit();
    }
  }

  @Test
  void anErasedSubjectIsGoneFromAllFilesAndOthersStay() throws IOException {
    List<byte[]> gone;
    String card;
    try (Vault vault = open()) {
      String anna = vault.pseudonym("anna");
      card = vault.token(Kind.CARD, "card-anna", "anna");
      String shared = vault.token(Kind.DEVICE, "phone", "anna");
      assertThat(vault.token(Kind.DEVICE, "phone", "bert")).isEqualTo(shared);
      vault.commit();
      byte[] note = vault.seal(anna, PLACE, utf8("called her")).orElseThrow();
      gone = secrets(vault, "anna", Kind.CARD, "card-anna");
      assertThat(gone).hasSize(4).allMatch(each -> found(directory, each));

      JournalEntry erased = vault.erase(anna, "eva", "request 17");

      assertThat(erased)
          .isEqualTo(
              new JournalEntry(
                  CLOCK.instant(), "eva", JournalEntry.What.ERASED, anna, "request 17", 1, 1));
      assertThat(vault.open(anna, PLACE, note)).isEmpty();
      assertThat(vault.seal(anna, PLACE, note)).isEmpty();
      assertThatThrownBy(() -> vault.reveal(anna, "eva", "her account"))
          .hasMessageContaining("was erased at 2026-03-01T10:00:00Z: request 17");
      assertThat(vault.find(Kind.CARD, "card-anna")).isEmpty();
      assertThat(vault.find(Kind.DEVICE, "phone")).contains(shared);
      assertThat(vault.status(anna).orElseThrow().state()).isEqualTo(Vault.State.ERASED);
    }
    assertThat(gone).noneMatch(each -> found(directory, each));
    try (Vault vault = open()) {
      assertThat(vault.token(Kind.CARD, "card-anna", "carl")).isNotEqualTo(card);
      vault.commit();
      String bert = vault.find("bert").orElseThrow();
      assertThat(vault.reveal(bert, "eva", "his account")).isEqualTo("bert");
      assertThat(secrets(vault, "bert", Kind.DEVICE, "phone"))
          .allMatch(each -> found(directory, each));
      assertThat(vault.list()).extracting(Vault.Status::state).contains(Vault.State.ERASED);
    }
  }

  @Test
  void aHoldKeepsASubjectFromBeingErased() {
    try (Vault vault = open()) {
      String anna = vault.pseudonym("anna");
      vault.commit();
      vault.hold(anna, "eva", "court order 7");
    }
    try (Vault vault = open()) {
      String anna = vault.find("anna").orElseThrow();
      assertThatThrownBy(() -> vault.erase(anna, "eva", "request 17"))
          .isInstanceOf(VaultException.class)
          .hasMessageContaining("is held: court order 7");
      assertThat(vault.status(anna).orElseThrow().hold()).isEqualTo("court order 7");
      vault.release(anna, "eva", "case closed");
      assertThatThrownBy(() -> vault.release(anna, "eva", "again"))
          .hasMessageContaining("expected a hold, got none");
      assertThat(vault.erase(anna, "eva", "request 17").destroyed()).isZero();
      assertThat(vault.journal())
          .extracting(JournalEntry::what)
          .containsExactly(
              JournalEntry.What.HELD, JournalEntry.What.RELEASED, JournalEntry.What.ERASED);
    }
  }

  @Test
  void aReasonNamesNobody() {
    try (Vault vault = open()) {
      String pseudonym = vault.pseudonym("7");
      vault.commit();
      assertThatThrownBy(() -> vault.erase(pseudonym, "eva", "request of 7, closed"))
          .hasMessageContaining("one that names nobody");
      assertThatThrownBy(() -> vault.erase(pseudonym, "eva", " "))
          .hasMessageContaining("1 to 1000 characters, got 1");
      assertThat(vault.erase(pseudonym, "eva", "request 17").reason()).isEqualTo("request 17");
    }
  }

  @Test
  void anotherKeyOpensNothing() {
    try (Vault vault = open()) {
      vault.commit();
    }
    byte[] other = new byte[32];
    other[0] = 1;
    assertThatThrownBy(() -> Vault.open(directory, new LocalKeyService(other), CLOCK))
        .isInstanceOf(VaultException.class)
        .hasMessageContaining("expected the key " + KEY.id());
  }

  @Test
  void aSealHoldsForItsOwnSubjectAndPlaceAlone() {
    try (Vault vault = open()) {
      String anna = vault.pseudonym("anna");
      String bert = vault.pseudonym("bert");
      vault.commit();
      byte[] sealed = vault.seal(anna, PLACE, utf8("text")).orElseThrow();

      assertThat(vault.seal(anna, PLACE, utf8("text"))).contains(sealed);
      assertThat(vault.seal(anna, PLACE, utf8("next")).orElseThrow()).isNotEqualTo(sealed);
      assertThat(vault.open(anna, PLACE, sealed)).contains(utf8("text"));
      assertThatThrownBy(() -> vault.open(bert, PLACE, sealed)).isInstanceOf(VaultException.class);
      assertThatThrownBy(() -> vault.open(anna, new byte[0], sealed))
          .isInstanceOf(VaultException.class);
      sealed[sealed.length - 1] ^= 1;
      assertThatThrownBy(() -> vault.open(anna, PLACE, sealed)).isInstanceOf(VaultException.class);
    }
  }

  @Test
  void aTransactionLosesItsPeopleAndNothingElse() throws IOException {
    try (Vault vault = open()) {
      TransactionSeal seal = new TransactionSeal(vault);
      Transaction first = transaction();
      Transaction again = transaction();
      seal.seal(first, Map.of("email", "anna@example.org"));
      seal.seal(again, Map.of("email", "anna@example.org"));
      vault.commit();

      assertThat(again).isEqualTo(first);
      String text =
          first.toString() + new String(first.getSealed().array(), StandardCharsets.ISO_8859_1);
      assertThat(text).doesNotContain("anna", "bert", "ref-1", "phone", "c".repeat(64));
      Transaction rest = Transaction.newBuilder(first).build();
      Transaction plain = transaction();
      assertThat(first.getAccount()).isEqualTo(vault.find("anna").orElseThrow());
      assertThat(first.getCounterparty()).isEqualTo(vault.find("bert").orElseThrow());
      // The customer of that number is not the account of that number.
      assertThat(first.getCustomer())
          .isEqualTo(vault.find(Kind.CUSTOMER, "anna").orElseThrow())
          .isNotEqualTo(first.getAccount());
      assertThat(first.getCard()).matches("[0-9a-f]{64}");
      rest.setAccount(plain.getAccount());
      rest.setCounterparty(plain.getCounterparty());
      rest.setCustomer(plain.getCustomer());
      rest.setCard(plain.getCard());
      rest.setCardReference(plain.getCardReference());
      rest.setDevice(plain.getDevice());
      rest.setIp(plain.getIp());
      rest.setSealed(null);
      assertThat(rest).isEqualTo(plain);

      assertThat(seal.reveal(first, "eva"))
          .isEqualTo(
              new TransactionSeal.Revealed(
                  "anna",
                  "bert",
                  "anna",
                  Map.of(
                      "card",
                      "c".repeat(64),
                      "card_reference",
                      "ref-1",
                      "device",
                      "phone",
                      "ip",
                      "d".repeat(64)),
                  Map.of("email", "anna@example.org")));
      Transaction forged = Transaction.newBuilder(first).setAmountMinor(1).build();
      assertThatThrownBy(() -> seal.reveal(forged, "eva")).isInstanceOf(VaultException.class);

      vault.erase(first.getCounterparty(), "eva", "request 1");
      assertThat(seal.reveal(first, "eva").counterparty()).isNull();
      vault.erase(first.getCustomer(), "eva", "request 1");
      assertThat(seal.reveal(first, "eva").customer()).isNull();
      assertThat(vault.find(Kind.CUSTOMER, "anna")).isEmpty();
      vault.erase(first.getAccount(), "eva", "request 2");
      assertThatThrownBy(() -> seal.reveal(first, "eva")).hasMessageContaining("was erased");
    }
  }

  /** While the key of tokens changes both tokens come; then the new ones alone. */
  @Test
  void pseudonymsOutliveTheKeyUnderWhichTheirTokensWereMade() throws IOException {
    Transaction before = transaction();
    Transaction during = transaction();
    during.setNextTokens(Map.of("card", "e".repeat(64), "account", "anne", "ip", "f".repeat(64)));
    Transaction after = transaction();
    after.setCard("e".repeat(64));
    after.setAccount("anne");
    after.setIp("f".repeat(64));
    seal(before, during);
    seal(after);

    assertThat(during).isEqualTo(before);
    assertThat(List.of(after.getAccount(), after.getCard(), after.getIp()))
        .containsExactly(before.getAccount(), before.getCard(), before.getIp());
    List<byte[]> gone;
    try (Vault vault = open()) {
      assertThat(vault.find(Kind.CARD, "e".repeat(64))).contains(before.getCard());
      assertThat(vault.find("anne")).isEqualTo(vault.find("anna"));
      // Two accounts, and the customer.
      assertThat(vault.counts()).isEqualTo(new Vault.Counts(3, 3, 0, 0));
      gone = secrets(vault, "anne", Kind.CARD, "e".repeat(64));
      gone.addAll(secrets(vault, "anna", Kind.CARD, "c".repeat(64)));
      assertThat(gone).allMatch(each -> found(directory, each));

      vault.erase(before.getAccount(), "eva", "request 3");

      assertThat(vault.find("anne")).isEmpty();
      assertThat(vault.find(Kind.CARD, "e".repeat(64))).isEmpty();
      assertThat(vault.pseudonym("anne")).isNotEqualTo(before.getAccount());
      vault.commit();
    }
    assertThat(gone).noneMatch(each -> found(directory, each));
  }

  /** Who has the next key alone may be first; the two names are of one account all the same. */
  @Test
  void whoIsKnownByTheNextTokenAloneKeepsThePseudonym() {
    Transaction after = transaction();
    after.setCard("e".repeat(64));
    Transaction during = transaction();
    during.setNextTokens(Map.of("card", "e".repeat(64)));
    seal(after);
    seal(during);
    Transaction before = transaction();
    seal(before);

    assertThat(during.getCard()).isEqualTo(after.getCard());
    assertThat(before.getCard()).isEqualTo(after.getCard());
  }

  private void seal(Transaction... transactions) {
    try (Vault vault = open()) {
      TransactionSeal seal = new TransactionSeal(vault);
      for (Transaction transaction : transactions) {
        seal.seal(transaction, Map.of());
      }
      vault.commit();
    }
  }

  /** A batch is whole or missing wherever the file ends, and no account ever has two pseudonyms. */
  @Test
  void anyCutLeavesWholeBatches() throws IOException {
    List<String> pseudonyms = new ArrayList<>();
    try (Vault vault = open()) {
      for (String account : List.of("anna", "bert", "carl")) {
        pseudonyms.add(vault.pseudonym(account));
        pseudonyms.add(vault.token(Kind.IP, "ip-" + account, account));
        vault.commit();
      }
    }
    byte[] whole = Files.readAllBytes(directory.resolve("entries"));
    Set<Integer> seen = new HashSet<>();
    for (int length = 0; length <= whole.length; length++) {
      Files.write(directory.resolve("entries"), Arrays.copyOf(whole, length));
      try (Vault vault = open()) {
        int subjects = vault.counts().subjects();
        seen.add(subjects);
        assertThat(vault.counts().tokens()).isEqualTo(subjects);
        List<String> now = new ArrayList<>();
        for (String account : List.of("anna", "bert", "carl")) {
          now.add(vault.pseudonym(account));
          now.add(vault.token(Kind.IP, "ip-" + account, account));
        }
        vault.commit();
        assertThat(now.subList(0, 2 * subjects)).isEqualTo(pseudonyms.subList(0, 2 * subjects));
        assertThat(new HashSet<>(now)).hasSize(6).containsAll(now);
        for (int i = 0; i < 6; i += 2) {
          assertThat(vault.reveal(now.get(i), "eva", "a test"))
              .isEqualTo(List.of("anna", "bert", "carl").get(i / 2));
        }
      }
      try (Vault vault = open()) {
        assertThat(vault.counts().subjects()).isEqualTo(3);
      }
    }
    assertThat(seen).containsExactlyInAnyOrder(0, 1, 2, 3);
  }

  /** A crash before, within or after the overwriting: the erasure is not begun, or it is whole. */
  @Test
  void anErasureIsFinishedWhereverItStopped() throws IOException {
    String anna;
    List<byte[]> gone;
    byte[] entriesBefore;
    byte[] journalBefore;
    try (Vault vault = open()) {
      vault.pseudonym("bert");
      anna = vault.pseudonym("anna");
      vault.token(Kind.CARD, "card-anna", "anna");
      vault.commit();
      gone = secrets(vault, "anna", Kind.CARD, "card-anna");
      vault.hold(vault.find("bert").orElseThrow(), "eva", "court order");
      entriesBefore = Files.readAllBytes(directory.resolve("entries"));
      journalBefore = Files.readAllBytes(directory.resolve("journal"));
      vault.erase(anna, "eva", "request 17");
    }
    byte[] entriesAfter = Files.readAllBytes(directory.resolve("entries"));
    byte[] journalAfter = Files.readAllBytes(directory.resolve("journal"));
    assertThat(entriesAfter).hasSameSizeAs(entriesBefore);
    int begun = -1;
    // Before the journal's entry is whole, nothing is overwritten.
    for (int length = journalBefore.length; length <= journalAfter.length; length++) {
      restore(entriesBefore, Arrays.copyOf(journalAfter, length));
      try (Vault vault = open()) {
        if (vault.find("anna").isEmpty()) {
          begun = length;
          break;
        }
        assertThat(vault.find("anna")).contains(anna);
        assertThat(gone).allMatch(each -> found(directory, each));
      }
    }
    assertThat(begun).isBetween(journalBefore.length + 1, journalAfter.length - 1);
    for (int at = 0; at <= entriesAfter.length; at += at < 16 ? 16 : 1) {
      for (boolean forward : new boolean[] {true, false}) {
        // The disk writes pages in any order: the new bytes may be those before or those after.
        byte[] torn = (forward ? entriesAfter : entriesBefore).clone();
        byte[] other = forward ? entriesBefore : entriesAfter;
        System.arraycopy(other, at, torn, at, torn.length - at);
        restore(torn, Arrays.copyOf(journalAfter, begun));
        try (Vault vault = open()) {
          assertThat(vault.find("anna")).isEmpty();
          assertThat(vault.find("bert")).isPresent();
          assertThat(vault.status(anna).orElseThrow().state()).isEqualTo(Vault.State.ERASED);
        }
        assertThat(gone).noneMatch(each -> found(directory, each));
      }
    }
  }

  @Test
  void damageThatNoCrashMakesIsRefused() throws IOException {
    try (Vault vault = open()) {
      for (String account : List.of("anna", "bert", "carl")) {
        vault.pseudonym(account);
        vault.commit();
      }
    }
    Path file = directory.resolve("entries");
    byte[] whole = Files.readAllBytes(file);
    int batch = (whole.length - 16) / 3;
    for (int at = 0; at < 16 + batch; at++) {
      byte[] damaged = whole.clone();
      damaged[at] ^= 4;
      Files.write(file, damaged);
      assertThatThrownBy(this::open)
          .as("byte %d", at)
          .isInstanceOfAny(VaultException.class, UncheckedIOException.class);
      assertThat(Files.readAllBytes(file)).isEqualTo(damaged);
    }
  }

  private Vault open() {
    return Vault.open(directory, KEY, CLOCK);
  }

  private void restore(byte[] entries, byte[] journal) throws IOException {
    Files.write(directory.resolve("entries"), entries);
    Files.write(directory.resolve("journal"), journal);
  }

  /** The bytes by which a subject and one of its tokens are found, its key, and its name. */
  private List<byte[]> secrets(Vault vault, String account, Kind kind, String value)
      throws IOException {
    String pseudonym = vault.find(account).orElseThrow();
    String token = vault.find(kind, value).orElseThrow();
    List<byte[]> secrets = new ArrayList<>();
    try (VaultFile file = VaultFile.open(directory.resolve("entries"), 1)) {
      file.refresh(
          (type, payload, place) -> {
            if (type == 2
                && Kind.ACCOUNT.text(Arrays.copyOfRange(payload, 16, 28)).equals(pseudonym)) {
              secrets.add(Arrays.copyOf(payload, 16));
              secrets.add(Arrays.copyOfRange(payload, 28, 88));
              secrets.add(Arrays.copyOfRange(payload, 88, payload.length));
            } else if (type == 3
                && payload[0] == kind.code()
                && kind.text(Arrays.copyOfRange(payload, 29, payload.length)).equals(token)) {
              secrets.add(Arrays.copyOfRange(payload, 1, 17));
            }
          });
    }
    return secrets;
  }

  static boolean found(Path directory, byte[] what) {
    String needle = new String(what, StandardCharsets.ISO_8859_1);
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        if (new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(needle)) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Transaction transaction() {
    return Transaction.newBuilder()
        .setTransactionId("t-1")
        .setEventTime(1_522_540_831_000L)
        .setAccount("anna")
        .setCard("c".repeat(64))
        .setCardReference("ref-1")
        .setMerchant("shop")
        .setTerminal("till")
        .setDevice("phone")
        .setIp("d".repeat(64))
        .setCounterparty("bert")
        .setCustomer("anna")
        .setAmountMinor(5_716)
        .setCurrency("EUR")
        .setBillingAmountMinor(5_716)
        .setBillingCurrency("EUR")
        .setAttributes(Map.of("branch", "7"))
        .build();
  }
}
