package io.vigil.cli.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.schema.DeadLetter;
import io.vigil.schema.Label;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.vault.Kind;
import io.vigil.schema.vault.LocalKeyService;
import io.vigil.schema.vault.TransactionSeal;
import io.vigil.schema.vault.Vault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What leaves a file when a vault is in use. */
class VaultIngestTest {
  private static final String MAPPING =
      """
      name: bank
      columns:
        event_time: {column: time, format: epoch_s}
        account: account
        card: {column: pan, tokenise: pan}
        card_reference: reference
        device: device
        counterparty: payee
        customer: holder
        merchant: shop
        amount: amount
        currency: {constant: EUR}
      attributes:
        branch: branch
        email: {column: mail, identifies: true}
      label:
        column: fraud
        fraud_values: ["1"]
        delay: 7d
      """;

  private static final String ROWS =
      """
      time,account,pan,reference,device,payee,shop,amount,branch,mail,fraud,remark,holder
      20,anna,4111 1111 1111 1111,R-1,phone,bert,shop1,10.00,b1,anna@example.org,1,call anna,anna
      10,anna,4111111111111111,R-1,phone,,shop2,20.00,b1,anna@example.org,0,,anna
      30,bert,,,phone,anna,shop1,30.00,b2,,0,,anna
      """;

  private static final Mapping BANK = Mapping.parse("bank.yaml", MAPPING);

  private final Path directory;

  VaultIngestTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void peopleLeaveAsPseudonymsAndTheRestAsItIs() throws IOException {
    List<Ingested> stream = read(BANK, ROWS, 100);

    Transaction first = transaction(stream, 0);
    Transaction second = transaction(stream, 1);
    Transaction third = transaction(stream, 2);
    Label label = ((Ingested.LabelRow) stream.get(3)).label();
    assertThat(second.getAccount()).isEqualTo(first.getAccount()).matches("[a-z]{24}");
    assertThat(second.getCard()).isEqualTo(first.getCard()).matches("[0-9a-f]{64}");
    assertThat(third.getDevice()).isEqualTo(first.getDevice());
    assertThat(third.getAccount()).isEqualTo(second.getCounterparty());
    assertThat(third.getCounterparty()).isEqualTo(first.getAccount());
    assertThat(third.getCard()).isNull();
    // One customer of two accounts, and not the account of the same number.
    assertThat(List.of(first.getCustomer(), second.getCustomer(), label.getCustomer()))
        .containsOnly(third.getCustomer());
    assertThat(third.getCustomer()).matches("[a-z]{24}").isNotEqualTo(first.getAccount());
    assertThat(first.getCardReference()).isNull();
    assertThat(first.getAttributes()).isEqualTo(Map.of("branch", "b1"));
    assertThat(List.of(first.getMerchant(), second.getMerchant()))
        .containsExactly("shop2", "shop1");
    assertThat(first.getAmountMinor()).isEqualTo(2_000);
    assertThat(label.getAccount()).isEqualTo(second.getAccount());
    assertThat(label.getCard()).isEqualTo(second.getCard());
    assertThat(label.getDevice()).isEqualTo(second.getDevice());
    assertThat(label.getCounterparty()).isEqualTo(second.getCounterparty());
    for (Ingested each : stream) {
      assertThat(new String(encoded(each), UTF_8))
          .doesNotContain("anna", "bert", "phone", "R-1", "4111", "example.org");
    }
    try (Vault vault = vault()) {
      assertThat(vault.find("anna")).contains(first.getAccount());
      assertThat(vault.find(Kind.DEVICE, "phone")).contains(first.getDevice());
      TransactionSeal.Revealed revealed = new TransactionSeal(vault).reveal(second, "eva");
      assertThat(revealed.account()).isEqualTo("anna");
      assertThat(revealed.counterparty()).isEqualTo("bert");
      assertThat(revealed.customer()).isEqualTo("anna");
      assertThat(revealed.fields())
          .containsEntry("card_reference", "R-1")
          .containsEntry("device", "phone")
          .containsEntry(
              "card", new Tokeniser(new byte[32]).token(Source.Tokenise.PAN, "4111111111111111"));
      assertThat(revealed.attributes()).isEqualTo(Map.of("email", "anna@example.org"));
    }
  }

  @Test
  void theSameFileGivesTheSameStreamAgainAlsoInRuns() throws IOException {
    List<Ingested> first = read(BANK, ROWS, 100);

    assertThat(read(BANK, ROWS, 100)).isEqualTo(first);
    assertThat(read(BANK, ROWS, 1)).isEqualTo(first);
    assertThat(read(BANK, ROWS.replace("20,anna", "05,anna"), 1)).isNotEqualTo(first);
  }

  @Test
  void anErasedAccountThatComesBackIsSomebodyElse() throws IOException {
    String anna = transaction(read(BANK, ROWS, 100), 0).getAccount();
    try (Vault vault = vault()) {
      assertThat(vault.erase(anna, "eva", "request 1").destroyed()).isEqualTo(1);
    }
    assertThat(transaction(read(BANK, ROWS, 100), 0).getAccount()).isNotEqualTo(anna);
  }

  @Test
  void badRowsShowOnlyWhatIdentifiesNobody() throws IOException {
    List<Ingested> stream =
        read(
            BANK,
            """
            time,account,pan,reference,device,payee,shop,amount,branch,mail,fraud,remark,holder
            20,anna,4111111111111111,R-1,phone,bert,shop1,dora,b1,anna@example.org,1,call anna,anna
            30,anna,too,few
            """,
            100);

    DeadLetter amount = ((Ingested.BadRow) stream.get(0)).deadLetter();
    assertThat(new String(amount.getValue().array(), UTF_8))
        .startsWith("20,****,")
        .contains(",shop1,")
        .doesNotContain("anna", "phone", "bert", "R-1", "4111", "call");
    assertThat(amount.getMessage())
        .isEqualTo("amount: expected a decimal number such as 57.16, got another value");
    DeadLetter count = ((Ingested.BadRow) stream.get(1)).deadLetter();
    assertThat(new String(count.getValue().array(), UTF_8)).isEqualTo("**,****,***,***");
  }

  @Test
  void attributesThatIdentifyNeedAVault() throws IOException {
    Path file = Files.writeString(directory.resolve("input.csv"), ROWS);
    assertThatThrownBy(
            () ->
                RecordReader.open(
                    file, BANK, () -> new Tokeniser(new byte[32]), directory.resolve("temporary")))
        .isInstanceOf(IngestException.class)
        .hasMessage(
            "bank.yaml: attributes that identify people need a vault (--vault DIR), got none: email");
    assertThatThrownBy(() -> Mapping.parse("m", MAPPING.replace("true", "maybe")))
        .hasMessageContaining("identifies: expected one of true, false");
    assertThatThrownBy(
            () -> Mapping.parse("m", MAPPING.replace("tokenise: pan", "identifies: true")))
        .isInstanceOf(IngestException.class);
  }

  private Vault vault() {
    return Vault.open(
        directory.resolve("vault"),
        new LocalKeyService(new byte[32]),
        Clock.fixed(Instant.EPOCH, ZoneOffset.UTC));
  }

  private List<Ingested> read(Mapping mapping, String csv, int runRows) throws IOException {
    Path file = Files.writeString(directory.resolve("input.csv"), csv);
    List<Ingested> all = new ArrayList<>();
    try (RecordReader reader =
        RecordReader.open(
            file,
            mapping,
            () -> new Tokeniser(new byte[32]),
            directory.resolve("temporary"),
            vault(),
            runRows)) {
      reader.forEachRemaining(all::add);
    }
    return all;
  }

  private static Transaction transaction(List<Ingested> stream, int index) {
    return ((Ingested.TransactionRow) stream.get(index)).transaction();
  }

  private static byte[] encoded(Ingested each) {
    return each instanceof Ingested.TransactionRow row
        ? Codec.of(Transaction.class).encode(row.transaction())
        : Codec.of(Label.class).encode(((Ingested.LabelRow) each).label());
  }
}
