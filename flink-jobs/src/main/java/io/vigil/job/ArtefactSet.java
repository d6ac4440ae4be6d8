package io.vigil.job;

import io.vigil.job.control.Change;
import io.vigil.job.decide.Decider;
import io.vigil.job.decide.Explanations;
import io.vigil.job.decide.Judging;
import io.vigil.job.decide.ModelInForce;
import io.vigil.job.feature.SpecTimeline;
import io.vigil.model.approval.Alias;
import io.vigil.model.approval.Kind;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.feature.Feature;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.policy.Policy;
import io.vigil.model.policy.Rates;
import io.vigil.model.rule.Lists;
import io.vigil.model.rule.RuleSet;
import io.vigil.model.serving.CrashLog;
import io.vigil.model.serving.ScoringService;
import io.vigil.model.serving.ServedModel;
import io.vigil.schema.Digest;
import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Currency;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ReadableConfig;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What decides, as it stands in force: model bundle with its feature spec, rules, lists, policy,
 * rates. Read and checked once where the job is started, then shipped to the operators as the bytes
 * that were checked. Immutable; what it hands out belongs to the caller.
 */
public final class ArtefactSet implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final Logger LOG = LoggerFactory.getLogger(ArtefactSet.class);

  /** The bundles that come with Vigil. */
  private static final List<String> BUILT_IN = List.of("default");

  private final Bundle bundle;
  private final TreeMap<Long, Bundle> bundles;
  private final ArrayList<Bundle> challengers;
  private final String rulesYaml;
  private final String rulesOrigin;
  private final ArrayList<ListFile> lists;
  private final TreeSet<String> listDigests = new TreeSet<>();
  private final String policyYaml;
  private final String policyOrigin;
  private final String ratesYaml;
  private final String ratesOrigin;
  private final String device;
  private final @Nullable String crashDir;

  private ArtefactSet(ReadableConfig options) throws IOException {
    this.bundle = Bundle.named(options.get(VigilOptions.BUNDLE));
    this.bundles = new TreeMap<>(Map.of(Long.MIN_VALUE, bundle));
    options
        .get(VigilOptions.BUNDLE_SCHEDULE)
        .forEach((instant, name) -> bundles.put(effectiveMs(instant), successor(name)));
    this.challengers = new ArrayList<>();
    options.get(VigilOptions.CHALLENGERS).forEach(name -> challengers.add(successor(name)));
    this.rulesOrigin = options.get(VigilOptions.RULES);
    this.rulesYaml = text("rules", rulesOrigin);
    this.lists = new ArrayList<>();
    for (String file : options.get(VigilOptions.LISTS)) {
      ListFile list = ListFile.read(Path.of(file));
      lists.add(list);
      listDigests.add(list.list().digest());
    }
    this.policyOrigin = options.get(VigilOptions.POLICY);
    this.policyYaml = text("policies", policyOrigin);
    this.ratesOrigin = options.get(VigilOptions.RATES);
    this.ratesYaml = text("rates", ratesOrigin);
    this.device = options.get(VigilOptions.DEVICE);
    this.crashDir = options.get(VigilOptions.CRASH_DIR);
  }

  /** All of another but its lists, of which it keeps the digests. */
  private ArtefactSet(ArtefactSet of) {
    this.bundle = of.bundle;
    this.bundles = of.bundles;
    this.challengers = of.challengers;
    this.rulesYaml = of.rulesYaml;
    this.rulesOrigin = of.rulesOrigin;
    this.lists = new ArrayList<>();
    this.listDigests.addAll(of.listDigests);
    this.policyYaml = of.policyYaml;
    this.policyOrigin = of.policyOrigin;
    this.ratesYaml = of.ratesYaml;
    this.ratesOrigin = of.ratesOrigin;
    this.device = of.device;
    this.crashDir = of.crashDir;
  }

  /**
   * Reads and checks everything that the options name.
   *
   * @throws IOException when a file can't be read
   * @throws RuntimeException naming the file, the line, and what was expected, when one is wrong
   */
  public static ArtefactSet read(ReadableConfig options) throws IOException {
    ArtefactSet set = new ArtefactSet(options);
    FeaturePlan plan = set.plan();
    set.rules(plan).require(set.lists());
    Policy policy = set.policy();
    Rates rates = set.rates();
    int digits = Currency.getInstance(rates.base()).getDefaultFractionDigits();
    if (digits != 2) {
      throw new IllegalArgumentException(
          "rates "
              + set.ratesOrigin
              + ": expected a base currency with two decimals, in which features are reckoned, got "
              + rates.base()
              + " with "
              + digits);
    }
    requireCurrency(policy, rates, set.policyOrigin);
    return set;
  }

  private static void requireCurrency(Policy policy, Rates rates, String origin) {
    if (!policy.baseCurrency().equals(rates.base())) {
      throw new IllegalArgumentException(
          "policy "
              + origin
              + ": expected the base currency of the rates, "
              + rates.base()
              + ", got "
              + policy.baseCurrency());
    }
  }

  private Bundle successor(String nameOrPath) {
    Bundle other = Bundle.named(nameOrPath);
    requireSuccessor(other, nameOrPath);
    return other;
  }

  /**
   * Refuses a bundle that cannot score the vectors of the first one, because it means something
   * else by its features.
   *
   * @param name of it in messages
   * @throws IllegalArgumentException naming the feature
   */
  private void requireSuccessor(Bundle other, String name) {
    Map<String, Feature> known = new HashMap<>();
    spec().features().forEach(feature -> known.put(feature.name(), feature));
    for (Feature feature : spec(other).features()) {
      Feature same = known.get(feature.name());
      boolean read = other.manifest().features().contains(feature.name());
      if (same == null ? read : !same.equals(feature)) {
        throw new IllegalArgumentException(
            "bundle %s: expected its feature '%s' as the spec of %s defines it, got %s"
                .formatted(
                    name,
                    feature.name(),
                    bundle.manifest().name(),
                    same == null ? "one that is not there" : "another definition"));
      }
    }
  }

  private static long effectiveMs(String instant) {
    try {
      return Instant.parse(instant).toEpochMilli();
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException(
          VigilOptions.BUNDLE_SCHEDULE.key()
              + ": expected an instant such as 2026-01-31T00:00:00Z, got "
              + instant,
          e);
    }
  }

  /**
   * The text of an artefact that a person names.
   *
   * @param kind of built-in ones, such as rules
   * @param nameOrPath a file that is there, or the name of one that comes with Vigil
   * @throws IllegalArgumentException when it is neither
   */
  public static String text(String kind, String nameOrPath) throws IOException {
    Path file = Path.of(nameOrPath);
    if (Files.isRegularFile(file)) {
      return Files.readString(file);
    }
    if (nameOrPath.matches("[a-z][a-z0-9-]*")) {
      return Artefacts.builtIn(kind + "/" + nameOrPath + ".yaml");
    }
    throw new IllegalArgumentException(
        kind + ": expected a file or a built-in name, got " + nameOrPath);
  }

  /** The feature spec of the bundle. */
  public FeatureSpec spec() {
    return spec(bundle);
  }

  private static FeatureSpec spec(Bundle of) {
    return FeatureSpec.read(of.featureSpec(), of.manifest().name() + "/features.yaml");
  }

  /** The text of the feature spec. */
  public String specYaml() {
    return bundle.featureSpec();
  }

  /** A plan of one's own: plans are for one thread. */
  public FeaturePlan plan() {
    return FeaturePlan.compile(spec());
  }

  public Policy policy() {
    return Policy.read(policyYaml, policyOrigin);
  }

  public Rates rates() {
    return Rates.read(ratesYaml, ratesOrigin);
  }

  /**
   * The rules.
   *
   * @param plan whose features they may read
   */
  public RuleSet rules(FeaturePlan plan) {
    return RuleSet.read(rulesYaml, rulesOrigin, plan.names());
  }

  /** The lists, shared by all that read them in this process. */
  public Lists lists() {
    return Lists.of(lists.stream().map(ListFile::list).toList());
  }

  /** The same without the lists, for operators that ask none: lists may take much memory. */
  public ArtefactSet withoutLists() {
    return new ArtefactSet(this);
  }

  /**
   * A policy that may take the place of this one while the job runs.
   *
   * @param origin where it came from, for messages
   * @throws RuntimeException naming what is wrong
   */
  public Policy policy(String yaml, String origin) {
    Policy other = Policy.read(yaml, origin);
    requireCurrency(other, rates(), origin);
    if (other.caseWindowMs() != policy().caseWindowMs()) {
      throw new IllegalArgumentException(
          "policy "
              + origin
              + ": expected the case window that the job was started with, "
              + policy().caseWindowMs()
              + " ms, for open cases depend on it, got "
              + other.caseWindowMs()
              + " ms; start the job with this policy instead");
    }
    return other;
  }

  /** The list of that digest, if the job was started with it; else null. */
  public @Nullable ListFile list(String digest) {
    for (ListFile each : lists) {
      if (each.list().digest().equals(digest)) {
        return each;
      }
    }
    return null;
  }

  /** The bundle of that digest, if the job was started with it; else null. */
  public @Nullable Bundle bundle(String digest) {
    for (Bundle each : bundles.values()) {
      if (each.digest().equals(digest)) {
        return each;
      }
    }
    for (Bundle each : challengers) {
      if (each.digest().equals(digest)) {
        return each;
      }
    }
    return null;
  }

  /** The text of an artefact of that digest, if the job was started with it; else null. */
  public @Nullable String text(Kind kind, String digest) {
    String own =
        switch (kind) {
          case RULE_SET -> rulesYaml;
          case POLICY -> policyYaml;
          case RATES -> ratesYaml;
          default -> null;
        };
    return own != null && Artefacts.digest(own).equals(digest) ? own : null;
  }

  /** What the job is started with, as the first changes of what is in force. */
  public List<Change> initial() {
    List<Change> initial = new ArrayList<>();
    bundles.forEach((fromMs, each) -> initial.add(initial(Alias.CHAMPION, each, fromMs)));
    challengers.forEach(each -> initial.add(initial(Alias.SHADOW, each, Long.MIN_VALUE)));
    RuleSet rules = rules(plan());
    initial.add(
        Change.initial(
            Kind.RULE_SET,
            Alias.CHAMPION,
            rules.name(),
            Integer.toString(rules.version()),
            rules.digest(),
            Long.MIN_VALUE));
    Policy policy = policy();
    initial.add(
        Change.initial(
            Kind.POLICY,
            Alias.CHAMPION,
            policy.name(),
            Integer.toString(policy.version()),
            policy.digest(),
            Long.MIN_VALUE));
    for (ListFile each : lists) {
      initial.add(
          Change.initial(
              Kind.LIST,
              Alias.CHAMPION,
              each.list().name(),
              Integer.toString(each.list().version()),
              each.list().digest(),
              Long.MIN_VALUE));
    }
    return initial;
  }

  private static Change initial(Alias alias, Bundle bundle, long fromMs) {
    return Change.initial(
        Kind.MODEL,
        alias,
        bundle.manifest().name(),
        Integer.toString(bundle.manifest().version()),
        bundle.digest(),
        fromMs);
  }

  /** Digest of the rates, hex. */
  public String ratesDigest() {
    return Artefacts.digest(ratesYaml);
  }

  /** The rules and the policy that the job starts with, ready to judge. */
  public Judging judging() {
    return judging(rules(plan()), policy(), spec(), lists());
  }

  /**
   * Rules and policy, ready to judge.
   *
   * @param spec of the vectors
   * @throws io.vigil.model.artefact.ArtefactException when the rules do not fit the lists
   */
  public Judging judging(RuleSet rules, Policy policy, FeatureSpec spec, Lists inForce) {
    return Judging.of(rules, policy, new Explanations(rules, spec, policy.reasonsMax()), inForce);
  }

  /**
   * The scoring threads of the chosen device; the caller closes it.
   *
   * @param subtasks that will share it
   */
  public ScoringService scoringService(int subtasks) {
    return ScoringService.share(
        device,
        Math.min(subtasks, Runtime.getRuntime().availableProcessors()),
        crashDir == null ? null : CrashLog.in(Path.of(crashDir)));
  }

  /**
   * Loads every model once and lets it go.
   *
   * @throws io.vigil.model.bundle.BundleException when a bundle is not what it should be
   * @throws io.vigil.model.score.ScoringException when a model does not load or score
   */
  public void tryModels() {
    List<String> features = plan().names();
    try (ScoringService service = scoringService(1)) {
      List<ServedModel> served = new ArrayList<>();
      try {
        bundles.values().forEach(each -> served.add(service.serve(each, features)));
        challengers.forEach(each -> served.add(service.serve(each, features)));
      } finally {
        served.forEach(ServedModel::close);
      }
    }
    LOG.info(
        "models are verified: champions={} challengers={}", bundles.size(), challengers.size());
  }

  /**
   * Bundles that can score the vectors of the spec, each once: those in force now or later, then
   * challengers, then those that come with Vigil.
   */
  public List<Bundle> bundles() {
    Map<String, Bundle> byDigest = new LinkedHashMap<>();
    bundles.values().forEach(each -> byDigest.putIfAbsent(each.digest(), each));
    challengers.forEach(each -> byDigest.putIfAbsent(each.digest(), each));
    for (String name : BUILT_IN) {
      try {
        Bundle builtIn = successor(name);
        byDigest.putIfAbsent(builtIn.digest(), builtIn);
      } catch (IllegalArgumentException e) {
        LOG.debug("a built-in bundle does not fit the spec: name={}", name, e);
      }
    }
    return List.copyOf(byDigest.values());
  }

  /**
   * A model in service; the caller closes it.
   *
   * @param of one of {@link #bundles()}
   * @throws io.vigil.model.bundle.BundleException when the bundle is not what it should be
   * @throws io.vigil.model.score.ScoringException when the model does not load or score
   */
  public static ModelInForce inForce(ScoringService service, FeaturePlan plan, Bundle of) {
    return new ModelInForce(
        service.serve(of, plan.names()),
        new Digest(HexFormat.of().parseHex(of.digest())),
        of.manifest().calibration());
  }

  /** A decider of one's own. */
  public Decider decider(SpecTimeline.Span span) {
    return new Decider(span.warming(), span.plan().fingerprint(), ratesDigest());
  }

  /**
   * Digests of what the job starts with beside models, each 64 hex digits.
   *
   * @param featureSpec the fingerprint of the plan
   * @param lists of those that the rules read, in the order of their names, as a list is written
   */
  public record Digests(
      String featureSpec, String ruleSet, String policy, String rates, String lists) {}

  /** Digests of what decides beside the model. */
  public Digests digests(FeaturePlan plan) {
    return new Digests(
        plan.fingerprint(),
        Artefacts.digest(rulesYaml),
        Artefacts.digest(policyYaml),
        ratesDigest(),
        judging().listDigests().stream()
            .map(digest -> HexFormat.of().formatHex(digest.bytes()))
            .toList()
            .toString());
  }

  /**
   * One of the artefacts.
   *
   * @param option that names it
   * @param fromMs effective time from which it decides, milliseconds since the epoch;
   *     Long.MIN_VALUE for ever
   * @param digest 64 hex digits
   * @param bytes as a registry keeps them
   */
  public record Part(
      ConfigOption<?> option, long fromMs, Kind kind, String digest, Supplier<byte[]> bytes) {}

  /** All of the artefacts, in the order in which the options name them. */
  public List<Part> parts() {
    List<Part> parts = new ArrayList<>();
    bundles.forEach(
        (fromMs, each) ->
            parts.add(
                model(
                    fromMs == Long.MIN_VALUE ? VigilOptions.BUNDLE : VigilOptions.BUNDLE_SCHEDULE,
                    fromMs,
                    each)));
    challengers.forEach(each -> parts.add(model(VigilOptions.CHALLENGERS, Long.MIN_VALUE, each)));
    parts.add(text(VigilOptions.RULES, Kind.RULE_SET, rulesYaml));
    lists.forEach(
        each ->
            parts.add(
                new Part(
                    VigilOptions.LISTS,
                    Long.MIN_VALUE,
                    Kind.LIST,
                    each.list().digest(),
                    each::bytes)));
    parts.add(text(VigilOptions.POLICY, Kind.POLICY, policyYaml));
    parts.add(text(VigilOptions.RATES, Kind.RATES, ratesYaml));
    return parts;
  }

  private static Part model(ConfigOption<?> option, long fromMs, Bundle bundle) {
    return new Part(option, fromMs, Kind.MODEL, bundle.digest(), bundle::toZip);
  }

  private static Part text(ConfigOption<?> option, Kind kind, String yaml) {
    return new Part(
        option,
        Long.MIN_VALUE,
        kind,
        Artefacts.digest(yaml),
        () -> yaml.getBytes(StandardCharsets.UTF_8));
  }

  /** Digests of everything that decides, hex. */
  public Set<String> digests() {
    Set<String> digests = new TreeSet<>();
    digests.add(plan().fingerprint());
    bundles.values().forEach(each -> digests.add(each.digest()));
    challengers.forEach(each -> digests.add(each.digest()));
    digests.add(Artefacts.digest(rulesYaml));
    digests.addAll(listDigests);
    digests.add(Artefacts.digest(policyYaml));
    digests.add(Artefacts.digest(ratesYaml));
    return digests;
  }
}
