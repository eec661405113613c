// The questions that remain, given what has been answered.
// SPDX-License-Identifier: Apache-2.0
import Captioning
import Conversations
import InputOutput
import JSON
import Records
import ToolSupport

/// A picture and what is to be asked about it.
struct CaptionJob {
  let picture: FilePath
  var questions: [String]
}

/// Makes jobs of subjects.
struct JobPlan {
  let templates: [QuestionTemplate]
  /// Which of them is for a picture; nil where all are.
  let choice: QuestionChoice?
  /// Whether a question that a subject cannot fill is the subject's fault, not that of the command line.
  let skipsUnfilled: Bool

  /// A job for each picture, in the order of their first subjects, whatever has been answered.
  func jobs(for subjects: [Subject], _ session: Session) throws(Failure) -> [CaptionJob] {
    var jobs: [CaptionJob] = []
    var places: [FilePath: Int] = [:]
    for subject in subjects {
      do throws(Failure) {
        let texts = try questions(about: subject)
        if let place = places[subject.picture] {
          let known = Set(jobs[place].questions)
          jobs[place].questions += texts.filter { !known.contains($0) }
        } else {
          places[subject.picture] = jobs.count
          jobs.append(CaptionJob(picture: subject.picture, questions: texts))
        }
      } catch {
        try session.recordSkipped(error, at: Self.record(of: subject.picture))
      }
    }
    return jobs
  }

  /// Twice in a record, with a path, it stays below what the pipe takes of one with an image.
  private static let longestQuestion = 64 << 10

  private func questions(about subject: Subject) throws(Failure) -> [String] {
    let own = choice.map { [templates[$0.index(for: subject.picture)]] } ?? templates
    var texts: [String] = []
    for template in own {
      do throws(Failure) {
        texts.append(
          try template.text(
            for: subject.record, limit: Self.longestQuestion,
            remedy: "name shorter members in the question"))
      } catch {
        if skipsUnfilled { throw error }
        var failure = error.at(subject.picture.shown)
        (failure.status, failure.kind) = (.usage, .wholeRun)
        throw failure
      }
    }
    return texts
  }

  /// What is left of `jobs` where `output` has the other answers. A picture whose caption could not be
  /// written is skipped before it costs time.
  static func open(
    _ jobs: [CaptionJob], _ output: inout any CaptionOutput, _ session: Session
  ) throws(Failure) -> [CaptionJob] {
    var open: [CaptionJob] = []
    for job in jobs {
      do throws(Failure) {
        let known = try output.answered(job.questions, about: job.picture)
        let rest = job.questions.filter { !known.contains($0) }
        if !rest.isEmpty { open.append(CaptionJob(picture: job.picture, questions: rest)) }
      } catch {
        try session.recordSkipped(error, at: record(of: job.picture))
      }
    }
    return open
  }

  /// What messages call `picture`.
  static func record(of picture: FilePath) -> Record {
    Record(JSONObject(), number: 1, place: picture.shown)
  }
}
