//! From containers to pods: what a pod requests, and what it uses.

use super::Request;

/// What a container of a pod asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Container<'a> {
    /// Unique in the pod.
    pub name: &'a str,
    /// An init container that is restarted, also called a sidecar. Init containers that end are left out altogether.
    pub is_restartable_init: bool,
    /// Its request for the resource, in thousandths.
    pub request_milli: Option<i64>,
}

/// What a container of a pod used, as the metrics API tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContainerUsage<'a> {
    /// Unique in the pod.
    pub name: &'a str,
    /// None: the API has no figure of this resource for it.
    pub usage_milli: Option<i64>,
}

/// The resources in the specification of a pod as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodLevelRequest {
    /// None are requested.
    Unset,
    /// Some are, but not the resource in question.
    OfAnother,
    /// This much of the resource, in thousandths.
    Milli(i64),
}

/// Upstream's `calculateRequests` for one pod: that of one container if it is named, else that of the pod as a whole,
/// else the sum over the containers.
#[must_use]
pub fn request_of(containers: &[Container<'_>], only: Option<&str>, pod_level: PodLevelRequest) -> Request {
    // The ordinary containers go before the init containers, wherever they are listed.
    let ordinary = containers.iter().filter(|container| !container.is_restartable_init);
    let mut all = ordinary.chain(containers.iter().filter(|container| container.is_restartable_init));
    if let Some(name) = only {
        let Some(container) = all.find(|container| container.name == name) else { return Request::NoSuchContainer };
        return container.request_milli.map_or(Request::Missing, Request::Milli);
    }
    match pod_level {
        PodLevelRequest::Milli(milli) => Request::Milli(milli),
        // What the pod does not say is added up from those containers that do.
        PodLevelRequest::OfAnother => {
            let requests = all.filter_map(|container| container.request_milli);
            requests.reduce(i64::wrapping_add).map_or(Request::Missing, Request::Milli)
        }
        PodLevelRequest::Unset => {
            let sum = all.try_fold(0_i64, |sum, container| Some(sum.wrapping_add(container.request_milli?)));
            sum.map_or(Request::Missing, Request::Milli)
        }
    }
}

/// Upstream's `getPodMetrics` and, for one container, `getContainerMetrics`: what a pod used, or none if not all that
/// counts was measured.
#[must_use]
pub fn usage_of(containers: &[ContainerUsage<'_>], only: Option<&str>) -> Option<i64> {
    match only {
        Some(name) => containers.iter().find(|container| container.name == name)?.usage_milli,
        None if containers.is_empty() => None,
        None => containers.iter().try_fold(0_i64, |sum, container| Some(sum.wrapping_add(container.usage_milli?))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(name: &str, is_restartable_init: bool, request_milli: Option<i64>) -> Container<'_> {
        Container { name, is_restartable_init, request_milli }
    }

    #[test]
    fn requests_are_added_up_unless_the_pod_says_it_or_one_is_named() {
        let pod = [container("proxy", true, Some(50)), container("app", false, Some(200))];
        let some = [container("app", false, None), container("log", false, Some(7))];
        let cases = [
            (&pod[..], None, PodLevelRequest::Unset, Request::Milli(250)),
            (&pod, None, PodLevelRequest::Milli(1_000), Request::Milli(1_000)),
            (&pod, None, PodLevelRequest::OfAnother, Request::Milli(250)),
            (&pod, Some("proxy"), PodLevelRequest::Milli(1_000), Request::Milli(50)),
            (&pod, Some("db"), PodLevelRequest::Unset, Request::NoSuchContainer),
            (&some, None, PodLevelRequest::Unset, Request::Missing),
            (&some, None, PodLevelRequest::OfAnother, Request::Milli(7)),
            (&some, Some("app"), PodLevelRequest::Unset, Request::Missing),
            (&some, Some("log"), PodLevelRequest::Unset, Request::Milli(7)),
            (&[], None, PodLevelRequest::Unset, Request::Milli(0)),
            (&[], None, PodLevelRequest::OfAnother, Request::Missing),
        ];
        for (containers, only, pod_level, expected) in cases {
            assert_eq!(request_of(containers, only, pod_level), expected, "{containers:?} {only:?} {pod_level:?}");
        }
    }

    #[test]
    fn a_container_without_a_figure_takes_the_pod_out() {
        let usage = |name, usage_milli| ContainerUsage { name, usage_milli };
        let whole = [usage("app", Some(3)), usage("log", Some(4))];
        let part = [usage("app", Some(3)), usage("log", None)];
        assert_eq!(usage_of(&whole, None), Some(7));
        assert_eq!(usage_of(&part, None), None);
        assert_eq!(usage_of(&part, Some("app")), Some(3));
        assert_eq!(usage_of(&part, Some("log")), None);
        assert_eq!(usage_of(&part, Some("db")), None);
        assert_eq!(usage_of(&[], None), None);
    }
}
