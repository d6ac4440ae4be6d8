package io.vigil.job;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.properties.HasOwner;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import org.apache.flink.metrics.MetricGroup;
import org.junit.jupiter.api.Test;

/** Who may know whom. To widen a rule, say why in the commit. */
class LayersTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.vigil");

  @Test
  void modelsKnowNoFramework() {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAPackage("io.vigil.model..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "org.apache.flink..",
                "org.apache.kafka..",
                "org.apache.avro..",
                "io.vigil.schema..",
                "io.vigil.job..");
    rule.check(CLASSES);
  }

  @Test
  void everyEngineIsKnownToItsOwnPackageOnly() {
    onlyPackageKnows("io.vigil.model.torch..", "ai.djl..");
    onlyPackageKnows("io.vigil.model.xgboost..", "ml.dmlc..");
    onlyPackageKnows("io.vigil.model.onnx..", "ai.onnxruntime..");
  }

  private static void onlyPackageKnows(String adapter, String engine) {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAPackage("io.vigil..")
            .and()
            .resideOutsideOfPackage(adapter)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(engine);
    rule.check(CLASSES);
  }

  @Test
  void nothingOfOursIsKryos() {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAPackage("io.vigil..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("com.esotericsoftware..", "org.apache.commons.logging..");
    rule.check(CLASSES);
  }

  @Test
  void schemasKnowNobody() {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAPackage("io.vigil.schema..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.vigil.model..", "io.vigil.job..", "org.apache.flink..");
    rule.check(CLASSES);
  }

  @Test
  void nobodyKnowsTheBenchmarks() {
    ArchRule rule =
        noClasses()
            .that()
            .resideOutsideOfPackage("io.vigil.bench..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.vigil.bench..");
    rule.check(CLASSES);
  }

  @Test
  void theTopologyKnowsNoBroker() {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAnyPackage(
                "io.vigil.job.control..",
                "io.vigil.job.order..",
                "io.vigil.job.dedupe..",
                "io.vigil.job.feature..",
                "io.vigil.job.decide..",
                "io.vigil.job.record..")
            .or()
            .haveSimpleName("Topology")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.apache.kafka..", "org.apache.flink.connector.kafka..");
    rule.check(CLASSES);
  }

  @Test
  void allMetricsStandInTheCatalogue() {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAPackage("io.vigil..")
            .and()
            .resideOutsideOfPackage("io.vigil.job.metrics..")
            .should()
            .callMethodWhere(
                JavaCall.Predicates.target(
                    HasOwner.Predicates.With.owner(
                        JavaClass.Predicates.assignableTo(MetricGroup.class))));
    rule.check(CLASSES);
  }

  @Test
  void noWallClockInTheCore() {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAnyPackage("io.vigil.model..", "io.vigil.schema..", "io.vigil.job..")
            // It measures how long models take; when to stop waiting for one is its callers' call.
            .and()
            .resideOutsideOfPackage("io.vigil.model.serving..")
            .should()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(java.time.Instant.class, "now")
            .orShould()
            .callMethod(System.class, "nanoTime");
    rule.check(CLASSES);
  }

  @Test
  void strictArithmeticInTheCore() {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAPackage("io.vigil.model..")
            .should()
            .callMethod(Math.class, "exp", double.class)
            .orShould()
            .callMethod(Math.class, "log", double.class)
            .orShould()
            .callMethod(Math.class, "pow", double.class, double.class)
            .orShould()
            .callMethod(Math.class, "sin", double.class)
            .orShould()
            .callMethod(Math.class, "cos", double.class);
    rule.check(CLASSES);
  }

  @Test
  void onlyMainsPrint() {
    ArchRule rule =
        noClasses()
            .that()
            .resideInAnyPackage("io.vigil.model..", "io.vigil.schema..", "io.vigil.job..")
            .and()
            .doNotHaveSimpleName("LocalJob")
            .should()
            .accessField(System.class, "out")
            .orShould()
            .accessField(System.class, "err");
    rule.check(CLASSES);
  }

  @Test
  void noCyclesInTheModels() {
    ArchRule rule = slices().matching("io.vigil.model.(*)..").should().beFreeOfCycles();
    rule.check(CLASSES);
  }
}
